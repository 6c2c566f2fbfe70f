-- Whoever writes about a message of a packed conversation needs to know which conversation to restore.
create or replace function app_private.packed_conversation_of(message_id uuid)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select a.conversation_id
  from app_hidden.conversation_archives a
  where a.message_ids @> array[packed_conversation_of.message_id] and a.workspace_id = app_hidden.current_workspace_id();
$$;
comment on function app_private.packed_conversation_of(uuid) is 'The conversation in which a message is packed, in the workspace of the request; null when there is none.';
