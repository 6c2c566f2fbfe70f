-- Takes down how a scheduled job ended. What runs every minute and did nothing leaves no row; a failure always does.
create or replace function app_hidden.end_run(
  run_task text, of_job uuid, run_outcome text, run_details jsonb default '{}', run_error text default null, is_recorded boolean default true
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  began timestamptz;
begin
  delete from app_hidden.open_runs r where r.job_id = of_job and r.task = run_task returning r.started_at into began;
  if is_recorded or run_outcome not in ('succeeded', 'skipped') then
    perform app_hidden.record_run(
      run_task, coalesce(began, clock_timestamp()), run_outcome,
      case when pg_column_size(run_details) <= 100000 then run_details end, run_error
    );
  end if;
end
$$;
comment on function app_hidden.end_run(text, uuid, text, jsonb, text, boolean) is
  'Says how a scheduled job ended. Without is_recorded, one that succeeded or was skipped leaves no row.';
grant execute on function app_hidden.end_run(text, uuid, text, jsonb, text, boolean) to colloquy_worker;
