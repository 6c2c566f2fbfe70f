-- One event that cannot be processed must not keep back the others: it comes again after a pause, or fails. Only the worker may
-- call it, with the number of its attempt.
create or replace function app_hidden.fail_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  reason text,
  pause interval default '10 seconds',
  counts boolean default true,
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.raw_events e
  set
    processing_status = case when counts and e.attempts >= max_attempts then 'failed'::app_public.processing_status else 'processing' end,
    attempts = e.attempts - case when counts then 0 else 1 end,
    error = left(reason, 2000),
    retry_at = case when not counts then clock_timestamp() + pause when e.attempts < max_attempts then clock_timestamp() + pause * power(4, e.attempts - 1) end,
    processed_at = case when counts and e.attempts >= max_attempts then clock_timestamp() end
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  returning e.processing_status;
$$;
comment on function app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer) is
  'Says why an attempt failed: the event is tried again after a growing pause, and fails with the last attempt. With counts false it was nobody''s fault: it is given back, for after the pause.';
grant execute on function app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer) to colloquy_worker;
