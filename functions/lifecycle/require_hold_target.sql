-- What a narrower hold is about must be there, in the workspace of the request, and stays there while the hold is placed: its row is
-- locked before lock_holds, so that placing never waits for a deletion that waits for it. A conversation or document may be private: who
-- manages a workspace keeps what it may not read. A person need not be a member any more: leaving things behind is why it is kept.
create or replace function app_private.require_hold_target(hold app_public.legal_holds)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  case hold.scope
    when 'conversation' then
      perform from app_public.conversations c where c.workspace_id = hold.workspace_id and c.id = hold.conversation_id for key share;
    when 'document' then
      perform from app_public.documents d where d.workspace_id = hold.workspace_id and d.id = hold.document_id for key share;
    when 'person' then
      perform from app_public.users u
      where u.id = hold.user_id and (
        exists (select from app_public.workspace_members m where m.workspace_id = hold.workspace_id and m.user_id = u.id)
        or exists (select from app_public.conversations c where c.workspace_id = hold.workspace_id and c.owner_id = u.id)
        or exists (select from app_public.documents d where d.workspace_id = hold.workspace_id and d.owner_id = u.id)
        or exists (select from app_public.files f where f.workspace_id = hold.workspace_id and f.owner_id = u.id)
        or exists (select from app_public.memory_items m where m.workspace_id = hold.workspace_id and m.owner_id = u.id)
      )
      for key share;
    else
      return;
  end case;
  if not found then
    raise exception 'There is no such % in this workspace.', hold.scope using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
end
$$;
comment on function app_private.require_hold_target(app_public.legal_holds) is 'Locks what a narrower legal hold is about. Raises CQ204 when it is not in the workspace of the hold.';
-- Deliberately not granted: app_public.place_legal_hold calls it.
