-- Tells subscribers of new messages, and of answers that ended. Not of messages that come back from an archive: those were there before,
-- and are not newer than what anybody has seen.
create or replace function app_private.tell_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform
    app_private.tell_watched(c.id, 'messages ' || c.id),
    app_private.tell_conversation(c.workspace_id, c.owner_id, c.visibility, c.id)
  from app_public.conversations c
  where (c.workspace_id, c.id) in (select n.workspace_id, n.conversation_id from changed_messages n) and c.storage_tier = 'hot';
  return null;
end
$$;
comment on function app_private.tell_messages() is 'Trigger: tells subscribers of messages, and of the conversations that they are in.';

create or replace trigger messages_70_tell_inserted after insert on app_public.messages
referencing new table as changed_messages for each statement execute function app_private.tell_messages();
create or replace trigger messages_70_tell_updated after update on app_public.messages
referencing new table as changed_messages for each statement execute function app_private.tell_messages();
