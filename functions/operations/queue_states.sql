-- How the queues of jobs do, for checks: counts and times of each, never payloads or results. What waits comes from an index of what is
-- unfinished; what has ended, with_ends, from one reading of pg-boss's table, which keeps it for some days. A dynamic statement and not
-- a view, as in processing_jobs.
create or replace function app_hidden.queue_states(with_ends boolean default false)
returns table (
  queue text, crons text[], scheduled_since timestamptz, waiting bigint, oldest_due_at timestamptz, failed_today bigint,
  completed_today bigint, last_failed_at timestamptz, last_completed_at timestamptz
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
  return query execute $query$
    select
      q.name::text, s.crons, s.since, coalesce(w.waiting, 0), w.oldest_due_at, coalesce(e.failed_today, 0), coalesce(e.completed_today, 0), e.last_failed_at,
      -- what maintenance did stays on record for longer than its job
      greatest(e.last_completed_at, (
        select r.finished_at from app_hidden.maintenance_runs r
        where r.task = q.name and r.outcome in ('succeeded', 'skipped') order by r.started_at desc limit 1
      ))
    from pgboss.queue q
    left join lateral (
      select array_agg(x.cron order by x.cron) as crons, min(x.created_on) as since from pgboss.schedule x where x.name = q.name
    ) as s on true
    left join (
      select x.name, count(*) filter (where x.start_after <= now()) as waiting, min(x.start_after) as oldest_due_at
      from pgboss.job x where x.state < 'active' and not x.blocked
      group by x.name
    ) as w on w.name = q.name
    left join (
      select
        x.name,
        count(*) filter (where x.state = 'failed' and x.completed_on > now() - interval '1 day') as failed_today,
        count(*) filter (where x.state = 'completed' and x.completed_on > now() - interval '1 day') as completed_today,
        max(x.completed_on) filter (where x.state = 'failed') as last_failed_at,
        max(x.completed_on) filter (where x.state = 'completed') as last_completed_at
      from pgboss.job x where $1 and x.state in ('completed', 'failed')
      group by x.name
    ) as e on e.name = q.name
    where q.name !~ '^__'
    order by q.name
  $query$ using with_ends;
end
$$;
comment on function app_hidden.queue_states(boolean) is
  'Per queue: its schedule, how many jobs wait and since when the oldest is due; with_ends: how many failed and were completed in a day, and when the last one failed and was completed.';
grant execute on function app_hidden.queue_states(boolean) to colloquy_monitor;
