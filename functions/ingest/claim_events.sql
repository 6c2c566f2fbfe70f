-- As with files, a claim counts the attempt, and its number is what a worker shows afterwards. Only the worker may call it.
create or replace function app_hidden.claim_events(
  for_workspace uuid,
  for_source text,
  max_events integer default 20,
  lease interval default '10 minutes',
  max_attempts integer default 5
)
returns table (event_id uuid, attempt integer, event_type text, payload jsonb, metadata jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.raw_events e
  set processing_status = 'failed', retry_at = null, processed_at = clock_timestamp(),
    error = format('Processing was begun %s times and never ended. (CQ328)', e.attempts)
  where e.workspace_id = for_workspace and e.source = for_source and e.processing_status = 'processing'
    and coalesce(e.retry_at, '-infinity') <= clock_timestamp() and e.attempts >= max_attempts;
  return query
  with next as (
    select e.id
    from app_public.raw_events e
    where e.workspace_id = for_workspace and e.source = for_source and e.processing_status in ('pending', 'processing')
      and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
    -- what failed before waits for what is new, and so does what is processed again
    order by e.replay_requested_at is not null, e.attempts, e.id
    limit max_events
    for update skip locked
  )
  update app_public.raw_events e
  set processing_status = 'processing', attempts = e.attempts + 1, retry_at = clock_timestamp() + lease
  from next n
  where e.id = n.id
  returning e.id, e.attempts, e.event_type, e.payload, e.metadata;
end
$$;
comment on function app_hidden.claim_events(uuid, text, integer, interval, integer) is
  'Takes the next events of a source, and counts the attempt. An event that was begun too often fails here.';
grant execute on function app_hidden.claim_events(uuid, text, integer, interval, integer) to colloquy_worker;
