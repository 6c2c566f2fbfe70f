-- What the worker does every night: conversations that rest are packed. Bounded by a number, a time and a place to go on from;
-- whoever is writing keeps its conversation, which is taken the next time. One conversation that cannot be packed is reported
-- and left as it is, and the others are packed.
create or replace function app_hidden.archive_old_conversations(
  idle_for interval default null,
  min_messages integer default 100,
  max_conversations integer default 100,
  after_id uuid default null,
  time_budget interval default '1 minute'
)
returns setof app_hidden.packed_conversation
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  result app_hidden.packed_conversation;
  deadline timestamptz := clock_timestamp() + time_budget;
begin
  if idle_for < interval '0' or min_messages < 1 or max_conversations not between 1 and 10000 then
    raise exception 'idle_for is not negative, min_messages at least 1, max_conversations 1 to 10,000.' using errcode = 'CQ200', hint = 'Leave them out for the defaults.';
  end if;
  for conversation in
    select c.*
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
      and c.message_count >= min_messages
      and c.indexed_sequence_number = c.last_sequence_number
      and c.last_message_at <= now() - coalesce(idle_for, interval '1 day')
      and c.last_message_at <= now() - coalesce(idle_for, app_private.resting_time('hot_conversations', c.workspace_id))
    order by c.id
    limit max_conversations
    for update skip locked
  loop
    result.conversation_id := conversation.id;
    result.messages := conversation.message_count;
    result.problem := null;
    begin
      conversation := app_private.pack_conversation(conversation);
    exception when others then
      result.problem := sqlstate || ': ' || sqlerrm;
    end;
    result.storage_tier := conversation.storage_tier;
    return next result;
    exit when clock_timestamp() > deadline;
  end loop;
end
$$;
comment on function app_hidden.archive_old_conversations(interval, integer, integer, uuid, interval) is
  'Packs conversations of at least min_messages that rest for idle_for (without it: as retention_policies say), at most max_conversations of those after after_id, until time_budget is over. Returns each with what became of it.';
grant execute on function app_hidden.archive_old_conversations(interval, integer, integer, uuid, interval) to colloquy_worker;
