-- Behind lock_holds, so that a hold that was placed is seen. A hold on a workspace counts whatever its kind: a person is erased whole or not
-- at all. One on a conversation, a document or a person counts when it is about something of this person.
create or replace function app_private.hold_of_workspaces(of_workspaces uuid[], person uuid)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid;
begin
  -- in the order of their ids, so that two erasures never wait for each other in a circle
  foreach workspace in array of_workspaces loop
    perform app_private.lock_holds(workspace);
  end loop;
  return (
    select format('%s: %s', w.name, h.reason)
    from app_public.legal_holds h
    join app_public.workspaces w on w.id = h.workspace_id
    where h.workspace_id = any (of_workspaces) and h.released_at is null and case h.scope
      when 'person' then h.user_id = person
      when 'document' then exists (select from app_public.documents d where d.id = h.document_id and d.owner_id = person)
      when 'conversation' then exists (
        select from app_public.conversations c
        where c.id = h.conversation_id and (
          c.owner_id = person or exists (select from app_public.messages m where m.conversation_id = c.id and m.author_id = person)
          or exists (select from app_hidden.user_activity a where a.workspace_id = c.workspace_id and a.conversation_id = c.id and a.user_id = person)
        )
      )
      else true
    end
    order by h.id
    limit 1
  );
end
$$;
comment on function app_private.hold_of_workspaces(uuid[], uuid) is
  'The workspace and the reason of a legal hold that keeps something of a person; null without one. Keeps others from being placed until the transaction ends.';
