-- What would copy or put away a message while it is being written waits for its end.
create or replace function app_private.refuse_streaming(conversation app_public.conversations, leaf_id uuid default null)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from app_hidden.streaming_messages s
    where s.workspace_id = conversation.workspace_id and s.conversation_id = conversation.id
      and (leaf_id is null or s.message_id in (select p.id from app_private.message_path(conversation.id, leaf_id) as p))
  ) then
    raise exception 'An answer of this conversation is still being written.' using errcode = 'CQ814', hint = 'Try again when it has ended: finishMessage.';
  end if;
end
$$;
comment on function app_private.refuse_streaming(app_public.conversations, uuid) is
  'Raises CQ814 while an answer is being written in a conversation, or among the messages that lead to one.';
-- Deliberately not granted.
