-- Takes down what a run of maintenance did. Who may call it runs maintenance; it writes this one row and reads nothing, also for the
-- role of backups, which writes nothing else. A clock that went back is no reason to lose the row.
create or replace function app_hidden.record_run(
  run_task text, run_started_at timestamptz, run_outcome text, run_details jsonb default '{}', run_error text default null
)
returns uuid
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  insert into app_hidden.maintenance_runs (task, outcome, started_at, finished_at, details, error)
  values (
    run_task, run_outcome, least(run_started_at, clock_timestamp()), clock_timestamp(), coalesce(run_details, '{}'), left(run_error, 4000)
  )
  returning id;
end;
comment on function app_hidden.record_run(text, timestamptz, text, jsonb, text) is
  'Takes down a run of maintenance: task, when it began, succeeded, failed, stopped or skipped, its figures, and why it failed. Returns the id of the row.';
revoke execute on function app_hidden.record_run(text, timestamptz, text, jsonb, text) from public;
grant execute on function app_hidden.record_run(text, timestamptz, text, jsonb, text) to colloquy_worker, colloquy_monitor;
-- The role of backups is there only where a superuser made it.
do $backup$
begin
  if pg_catalog.to_regrole('colloquy_backup') is not null then
    grant execute on function app_hidden.record_run(text, timestamptz, text, jsonb, text) to colloquy_backup;
  end if;
end
$backup$;
