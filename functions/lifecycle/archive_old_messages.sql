-- As archive_old_conversations, but also for small conversations, and with an age of its own.
create or replace function app_hidden.archive_old_messages(
  older_than interval,
  max_conversations integer default 100,
  after_id uuid default null,
  time_budget interval default '1 minute'
)
returns setof app_hidden.packed_conversation
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select * from app_hidden.archive_old_conversations(coalesce(older_than, interval '30 days'), 1, max_conversations, after_id, time_budget);
$$;
comment on function app_hidden.archive_old_messages(interval, integer, uuid, interval) is
  'Packs the messages of every conversation, also of small ones, whose last message is older than that. Returns each with what became of it.';
grant execute on function app_hidden.archive_old_messages(interval, integer, uuid, interval) to colloquy_worker;
