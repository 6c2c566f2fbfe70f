-- The answer that somebody is writing, locked against another piece of it. Who writes is who began it, or the owner of the conversation. A
-- message that the caller may not read does not exist for it. The conversation stays free: others post in it meanwhile.
create or replace function app_private.lock_stream(message_id uuid)
returns app_hidden.streaming_messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  stream app_hidden.streaming_messages;
  conversation app_public.conversations;
  ended record;
begin
  perform app_hidden.require_member(for_writing => true);
  select s.* into stream
  from app_hidden.streaming_messages s
  where s.message_id = lock_stream.message_id and s.workspace_id = app_hidden.current_workspace_id()
  for no key update;
  if stream.message_id is null then
    select m.status into ended
    from app_hidden.find_message(lock_stream.message_id) as m
    where (app_private.readable_conversation(m.conversation_id)).id is not null;
    if ended.status is not null then
      raise exception 'This message has ended, as %.', ended.status using errcode = 'CQ812', hint = 'A message that has ended is never changed. Start another answer.';
    end if;
  else
    conversation := app_private.readable_conversation(stream.conversation_id);
  end if;
  if conversation.id is null then
    raise exception 'There is no such message.' using errcode = 'CQ204', hint = 'Pass the id that startAnswer returned.';
  end if;
  if conversation.owner_id <> app_hidden.current_user_id() and stream.writer_id is distinct from app_hidden.current_user_id() then
    raise exception 'Somebody else writes this message.' using errcode = 'CQ813', hint = 'Who began it goes on with it, or the owner of the conversation.';
  end if;
  return stream;
end
$$;
comment on function app_private.lock_stream(uuid) is
  'An answer that the caller writes, locked. Raises CQ101, CQ109, CQ204 no such message, CQ812 it has ended, CQ813 somebody else writes it.';
-- Deliberately not granted: functions that write answers call it.
