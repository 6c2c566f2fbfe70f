-- Tells subscribers to lists of conversations of those that came, went, or were changed by a person. The counters, which every message
-- moves, are told with the message. One that is taken back from the workspace is told to both that could see it.
create or replace function app_private.tell_conversations()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  seen app_public.conversations := case tg_op when 'DELETE' then old else new end;
begin
  perform app_private.tell_conversation(seen.workspace_id, seen.owner_id, seen.visibility, seen.id);
  if tg_op = 'UPDATE' and old.visibility <> new.visibility then
    perform app_private.tell_conversation(old.workspace_id, old.owner_id, old.visibility, old.id);
  end if;
  if tg_op <> 'INSERT' then
    perform app_private.tell_watched(seen.id, 'messages ' || seen.id);
  end if;
  return null;
end
$$;
comment on function app_private.tell_conversations() is 'Trigger: tells subscribers of a conversation that came, went, or was changed.';

create or replace trigger conversations_70_tell after insert or delete on app_public.conversations
for each row execute function app_private.tell_conversations();
create or replace trigger conversations_70_tell_changed
after update of title, visibility, is_archived, pinned_at, is_temporary, expires_at, positive_feedback, negative_feedback
on app_public.conversations
for each row when (
  (old.title, old.visibility, old.is_archived, old.pinned_at, old.is_temporary, old.expires_at, old.positive_feedback, old.negative_feedback)
  is distinct from
  (new.title, new.visibility, new.is_archived, new.pinned_at, new.is_temporary, new.expires_at, new.positive_feedback, new.negative_feedback)
)
execute function app_private.tell_conversations();
