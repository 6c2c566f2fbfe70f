-- What Message.content shows of an answer that is being written, and what somebody who was there until a place still lacks. Security
-- definer, since the pieces are closed to everyone; so it decides by itself who may read, as the policy of messages does.
create or replace function app_hidden.streamed_text(message_id uuid, from_offset integer default 0)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select app_private.text_so_far(s.message_id, greatest(streamed_text.from_offset, 0))
  from app_hidden.streaming_messages s
  where s.message_id = streamed_text.message_id and (select c.id from app_private.readable_conversation(s.conversation_id) as c) is not null;
$$;
comment on function app_hidden.streamed_text(uuid, integer) is
  'The text so far of an answer that is being written, without so many characters at its beginning; null when it is not being written, or the caller may not read it.';
grant execute on function app_hidden.streamed_text(uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;
