-- Takes down that a scheduled job begins, and refuses one while another of its kind is at work. A worker that was killed cannot say that it
-- ended: what it left open is taken down here as stopped, when the job is taken up again or the next one of its kind begins.
create or replace function app_hidden.begin_run(run_task text, of_job uuid, may_overlap boolean default false)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- of two that begin in one moment, the second sees the first
  perform pg_advisory_xact_lock(hashtextextended('colloquy run ' || run_task, 0));
  with lost as (
    delete from app_hidden.open_runs r
    where r.task = run_task
      and (r.job_id = of_job or not exists (select from pgboss.job j where j.name = r.task and j.id = r.job_id and j.state = 'active'))
    returning r.started_at, r.job_id
  )
  insert into app_hidden.maintenance_runs (task, outcome, started_at, finished_at, details, error)
  select run_task, 'stopped', l.started_at, greatest(l.started_at, clock_timestamp()), jsonb_build_object('job', l.job_id),
    'The worker was gone before the job had ended; when is not known.'
  from lost l;
  if not may_overlap and exists (select from app_hidden.open_runs r where r.task = run_task) then
    return false;
  end if;
  insert into app_hidden.open_runs (job_id, task) values (of_job, run_task);
  return true;
end
$$;
comment on function app_hidden.begin_run(text, uuid, boolean) is
  'Says that a scheduled job begins, and takes down as stopped what killed workers left of its kind. False, and nothing is taken down, while another run of it is at work.';
grant execute on function app_hidden.begin_run(text, uuid, boolean) to colloquy_worker;
