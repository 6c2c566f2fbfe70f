-- What a writer that died left: an answer without a sign of life ends as failed, with its text so far. Who is writing in its conversation
-- keeps it; it is taken the next time.
create or replace function app_hidden.fail_left_answers(max_messages integer default 100)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  patience interval := make_interval(secs => app_hidden.setting('streaming_timeout_seconds')::integer);
  conversation app_public.conversations;
  stream app_hidden.streaming_messages;
  draft app_public.messages;
  ended integer := 0;
begin
  perform app_private.require_batch(max_messages);
  -- of a message that is gone, or has ended: they came back from a backup
  delete from app_hidden.streaming_messages s
  where s.written_at < clock_timestamp() - patience
    and not exists (select from app_public.messages m where m.id = s.message_id and m.status = 'streaming');
  for stream in
    select s.* from app_hidden.streaming_messages s where s.written_at < clock_timestamp() - patience order by s.written_at limit max_messages
  loop
    select c.* into conversation
    from app_public.conversations c
    where c.workspace_id = stream.workspace_id and c.id = stream.conversation_id
    for no key update skip locked;
    continue when conversation.id is null;
    -- its writer may have come back
    perform from app_hidden.streaming_messages s
    where s.message_id = stream.message_id and s.written_at < clock_timestamp() - patience
    for no key update skip locked;
    continue when not found;
    draft.id := stream.message_id;
    draft.status := 'failed';
    draft.metadata := '{"failure": "timeout"}';
    perform app_private.end_stream(conversation, draft);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;
comment on function app_hidden.fail_left_answers(integer) is 'Ends answers that nobody has written on for streaming_timeout_seconds as failed; returns how many.';
grant execute on function app_hidden.fail_left_answers(integer) to colloquy_worker;
