-- What the worker does every night: packed conversations are cold after a longer rest. Bounded as archive_old_conversations is.
-- One whose archive is damaged is reported and left as it is.
create or replace function app_hidden.compress_old_conversations(
  idle_for interval default null,
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
  if idle_for < interval '0' or max_conversations not between 1 and 10000 then
    raise exception 'idle_for is not negative, max_conversations 1 to 10,000.' using errcode = 'CQ200', hint = 'Leave them out for the defaults.';
  end if;
  for conversation in
    select c.*
    from app_hidden.conversation_archives a
    join app_public.conversations c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
    where c.storage_tier = 'warm'
      and a.conversation_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
      and c.last_message_at <= now() - coalesce(idle_for, app_private.resting_time('warm_conversations', c.workspace_id))
    order by a.conversation_id
    limit max_conversations
    for update of c skip locked
  loop
    result.conversation_id := conversation.id;
    result.messages := conversation.message_count;
    result.storage_tier := 'cold';
    result.problem := null;
    begin
      perform app_private.check_archive(conversation.id);
      update app_public.conversations c set storage_tier = 'cold' where c.id = conversation.id;
    exception when others then
      result.storage_tier := 'warm';
      result.problem := sqlstate || ': ' || sqlerrm;
    end;
    return next result;
    exit when clock_timestamp() > deadline;
  end loop;
end
$$;
comment on function app_hidden.compress_old_conversations(interval, integer, uuid, interval) is
  'Makes packed conversations cold that rest for idle_for (without it: as retention_policies say), after their documents were read and found whole. Returns each with what became of it.';
grant execute on function app_hidden.compress_old_conversations(interval, integer, uuid, interval) to colloquy_worker;
