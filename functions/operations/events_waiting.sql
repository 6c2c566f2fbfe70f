-- Where events of other systems wait to become knowledge, and since when: from the index of those that are not processed. Counts and ids:
-- the name of a source is a tenant's word.
create or replace function app_hidden.events_waiting()
returns table (workspace_id uuid, events bigint, oldest_at timestamptz, tried bigint, is_held_back boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    e.workspace_id, count(*), min(e.ingested_at), count(*) filter (where e.attempts > 0),
    -- a budget that is spent is no fault
    bool_and(e.processing_status = 'pending' and e.attempts = 0 and e.retry_at is not null)
  from app_public.raw_events e
  where e.processing_status in ('pending', 'processing')
  group by e.workspace_id;
$$;
comment on function app_hidden.events_waiting() is
  'Per workspace: events that are not processed, since when the oldest waits, how many were tried, and whether all are held back by a budget.';
grant execute on function app_hidden.events_waiting() to colloquy_monitor;
