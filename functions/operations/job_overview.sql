-- What jobs there are, when they ran and what came of it: of app_hidden.maintenance_runs, which is kept long, and of pg-boss's own
-- rows, which are kept for an hour to a month but are there also for a run that did nothing. It shows figures, and no tenant.
create or replace function app_hidden.job_overview(with_unscheduled boolean default false)
returns table (
  queue text, schedules jsonb, paused_at timestamptz, paused_by text, pause_reason text, waiting bigint, running_since timestamptz,
  started_at timestamptz, finished_at timestamptz, outcome text, details jsonb, error text, failed_in_a_day bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  return query
  with listed as (
    select
      q.name::text as queue, p.paused_at, p.paused_by, p.reason,
      coalesce(nullif(p.schedules, '[]'), (select jsonb_agg(to_jsonb(s) order by s.key) from pgboss.schedule s where s.name = q.name), '[]') as schedules
    from pgboss.queue q
    left join app_hidden.paused_jobs p on p.queue = q.name
    where q.name not like '\_\_pgboss\_\_%'
  ),
  chosen as (
    select l.* from listed l where with_unscheduled or l.schedules <> '[]' or l.paused_at is not null
  )
  select
    c.queue, c.schedules, c.paused_at, c.paused_by, c.reason, coalesce(j.waiting, 0), j.running_since, e.started_at, e.finished_at, e.outcome,
    e.details, e.error, greatest(coalesce(j.failed, 0), r.failed)
  from chosen c
  left join app_private.last_queue_jobs(array(select n.queue from chosen n)) as j on j.queue = c.queue
  cross join lateral (
    select count(*) as failed
    from app_hidden.maintenance_runs m
    where m.task = c.queue and m.outcome = 'failed' and m.started_at > now() - interval '1 day'
  ) as r
  left join lateral (
    (
      select m.started_at, m.finished_at, m.outcome, m.details, m.error
      from app_hidden.maintenance_runs m
      where m.task = c.queue
      order by m.started_at desc
      limit 1
    )
    union all
    select j.started_at, j.finished_at, j.outcome, j.details, j.error where j.finished_at is not null
    order by 2 desc
    limit 1
  ) as e on true
  order by c.schedules = '[]', c.queue;
end
$$;
comment on function app_hidden.job_overview(boolean) is
  'The scheduled jobs, or with with_unscheduled all: schedules, pause, what waits and runs, and how the last run ended. For workers and the monitor.';
grant execute on function app_hidden.job_overview(boolean) to colloquy_worker, colloquy_monitor;
