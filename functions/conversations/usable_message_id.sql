-- The id of a new message: the next one, or one that the client made, when it fits. In the continuation of a conversation that was full, a
-- client's id may be older than the conversation: it gets another one.
create or replace function app_private.usable_message_id(conversation app_public.conversations, inout id uuid, is_continued boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if id is not null and is_continued and id < conversation.id then
    id := null;
  end if;
  if id is null then
    id := app_private.next_message_id(coalesce(conversation.last_message_id, conversation.id));
  elsif uuid_extract_version(id) is distinct from 7
    or id < conversation.id
    or uuid_extract_timestamp(id) > clock_timestamp() + interval '5 minutes'
  then
    raise exception 'The id % cannot be used for a message of this conversation.', id using errcode = 'CQ200', column = 'id',
      hint = 'Leave it out, or send a UUID version 7 that is not older than the conversation and not in the future.';
  end if;
end
$$;
comment on function app_private.usable_message_id(app_public.conversations, uuid, boolean) is 'The id that a message of a locked conversation gets. Raises CQ200 for one of another version, older than the conversation, or of the future.';
-- Deliberately not granted: app_private.insert_message calls it.
