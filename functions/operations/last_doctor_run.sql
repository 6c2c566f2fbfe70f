-- What the last run of the doctor counted, for the metrics of the API: its login reads nothing else of what maintenance did.
create or replace function app_hidden.last_doctor_run()
returns table (finished_at timestamptz, errors integer, warnings integer, to_know integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select r.finished_at, (r.details ->> 'errors')::integer, (r.details ->> 'warnings')::integer, (r.details ->> 'toKnow')::integer
  from app_hidden.maintenance_runs r
  where r.task = 'doctor' and r.outcome = 'succeeded'
  order by r.started_at desc
  limit 1;
$$;
comment on function app_hidden.last_doctor_run() is 'When the doctor ran last, and how many errors, warnings and findings to know it counted.';
grant execute on function app_hidden.last_doctor_run() to colloquy_authenticator, colloquy_monitor;
