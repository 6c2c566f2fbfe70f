-- Per queue, what waits, what runs, and the job that ended last, of pg-boss's own rows: one reading of its table. A dynamic
-- statement, as in processing_jobs: pg-boss is installed after the migrations.
create or replace function app_private.last_queue_jobs(queues text[])
returns table (
  queue text, waiting bigint, running_since timestamptz, failed bigint, started_at timestamptz, finished_at timestamptz, outcome text,
  details jsonb, error text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute $query$
    with jobs as materialized (
      select j.name::text as queue, j.state::text as state, j.started_on, j.completed_on, j.output::jsonb as output
      from pgboss.job j
      where j.name = any ($1)
    ),
    counts as (
      select
        b.queue, count(*) filter (where b.state in ('created', 'retry')) as waiting, min(b.started_on) filter (where b.state = 'active') as running_since,
        count(*) filter (where b.state = 'failed' and b.completed_on > now() - interval '1 day') as failed
      from jobs b
      group by b.queue
    ),
    ends as (
      select distinct on (b.queue) b.* from jobs b where b.state in ('completed', 'failed') order by b.queue, b.completed_on desc
    )
    select
      c.queue, c.waiting, c.running_since, c.failed, e.started_on, e.completed_on,
      case e.state when 'completed' then 'succeeded' else e.state end,
      case e.state when 'completed' then e.output end,
      case e.state when 'failed' then coalesce(e.output->>'error', e.output#>>'{value,message}', e.output->>'message') end
    from counts c
    left join ends e on e.queue = c.queue
  $query$ using queues;
end
$$;
comment on function app_private.last_queue_jobs(text[]) is 'Per queue that has jobs: how many wait, since when one runs, how many failed in a day, and the last that ended.';
