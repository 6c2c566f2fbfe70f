-- After each insert statement: proves that the sequence numbers have no gap and no double, and carries the totals into
-- the conversation. One update per conversation and statement, whatever the number of rows. Also puts the one job that
-- will cut and embed the new messages into the queue.
create or replace function app_private.count_new_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  changed record;
  was_indexed boolean;
begin
  for changed in
    select
      n.workspace_id, n.conversation_id, count(*)::integer as added, count(distinct n.sequence_number)::integer as numbers,
      min(n.sequence_number) as first_number, max(n.sequence_number) as last_number,
      (max(n.id::text))::uuid as last_id, coalesce(sum(n.total_tokens), 0) as tokens, coalesce(sum(n.cost_usd), 0) as cost,
      count(n.processing_time_ms) as timed, coalesce(sum(n.processing_time_ms), 0) as total_time
    from new_messages n
    group by n.workspace_id, n.conversation_id
    order by n.conversation_id
  loop
    update app_public.conversations c
    set
      message_count = c.message_count + changed.added,
      last_sequence_number = changed.last_number,
      last_message_id = greatest(c.last_message_id, changed.last_id),
      last_message_at = uuid_extract_timestamp(greatest(c.last_message_id, changed.last_id)),
      total_tokens_used = c.total_tokens_used + changed.tokens,
      total_cost_usd = c.total_cost_usd + changed.cost,
      total_response_time_ms = c.total_response_time_ms + changed.total_time,
      response_count = c.response_count + changed.timed
    where c.id = changed.conversation_id
      and c.last_sequence_number + 1 = changed.first_number
      and changed.first_number + changed.added - 1 = changed.last_number
      and changed.added = changed.numbers
    returning with (old as previous) previous.indexed_sequence_number = previous.last_sequence_number into was_indexed;
    if not found then
      continue when app_private.is_coming_back(changed.conversation_id, changed.last_number);
      raise exception 'Sequence numbers % to % do not continue conversation %.', changed.first_number, changed.last_number, changed.conversation_id
        using errcode = 'CQ205', hint = 'Lock the conversation and number its messages without gaps, as post_message does.';
    end if;
    -- A conversation that was behind has a job already: whoever indexes it takes this row's lock, so after our commit, and
    -- then looks again. If that job is lost, the sweep finds the messages.
    continue when not was_indexed;
    perform app_private.index_conversation(changed.workspace_id, changed.conversation_id);
  end loop;
  return null;
end
$$;
comment on function app_private.count_new_messages() is 'Trigger: checks sequence numbers, keeps the totals of conversations, enqueues indexing. Raises CQ205.';

create or replace trigger messages_10_count
after insert on app_public.messages
referencing new table as new_messages
for each statement execute function app_private.count_new_messages();
