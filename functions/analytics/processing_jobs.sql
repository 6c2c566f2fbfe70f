-- The jobs of pg-boss, in the words of this project. A function with a dynamic statement and not a view, because pg-boss is
-- installed after the migrations, and its own upgrades must not stumble over a view of ours. Security definer: the callers may
-- not read pg-boss's tables. Not for users: a job of one workspace stands beside those of all others.
create or replace function app_public.processing_jobs(max_jobs integer default 100)
returns table (
  id uuid, type text, status text, input jsonb, output jsonb, attempts integer, created_at timestamptz, started_at timestamptz,
  completed_at timestamptz, duration interval
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_jobs not between 1 and 1000 then
    raise exception 'maxJobs is 1 to 1,000, not %.', max_jobs using errcode = 'CQ200', hint = 'Ask for fewer jobs.';
  end if;
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  return query execute $query$
    select j.id, j.name::text, j.state::text, j.data::jsonb, j.output::jsonb, j.retry_count + (j.started_on is not null)::integer,
      j.created_on, j.started_on, j.completed_on, j.completed_on - j.started_on
    from pgboss.job j
    order by j.created_on desc, j.id
    limit $1
  $query$ using coalesce(max_jobs, 100);
end
$$;
comment on function app_public.processing_jobs(integer) is 'The newest jobs of the queue, of every workspace, with what they did. Error: CQ200 too many asked for.';
grant execute on function app_public.processing_jobs(integer) to colloquy_admin, colloquy_worker, colloquy_monitor;
