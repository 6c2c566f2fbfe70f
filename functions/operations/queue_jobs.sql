-- Single jobs of the queue, for an operator who looks for one or for those that failed. What a job was sent and what it answered
-- are ids and figures, and the words of an error. Deliberately not for the roles of requests: a job of one tenant stands beside
-- those of all others.
create or replace function app_hidden.queue_jobs(of_job uuid default null, of_queue text default null, max_jobs integer default 50)
returns table (
  id uuid, queue text, state text, attempts integer, created_at timestamptz, started_at timestamptz, finished_at timestamptz, input jsonb,
  output jsonb
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_jobs not between 1 and 10000 then
    raise exception 'max_jobs is 1 to 10,000, not %.', max_jobs using errcode = 'CQ200', hint = 'Ask for fewer jobs.';
  end if;
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  return query execute $query$
    select
      j.id, j.name::text, j.state::text, j.retry_count + (j.started_on is not null)::integer, j.created_on, j.started_on, j.completed_on,
      j.data::jsonb, j.output::jsonb
    from pgboss.job j
    where ($1 is null and j.state = 'failed' or j.id = $1) and ($2 is null or j.name = $2)
    order by j.completed_on desc nulls first, j.created_on desc
    limit $3
  $query$ using of_job, of_queue, max_jobs;
end
$$;
comment on function app_hidden.queue_jobs(uuid, text, integer) is 'A job by its id, or those that failed, the last first. Error: CQ200 too many asked for.';
grant execute on function app_hidden.queue_jobs(uuid, text, integer) to colloquy_worker;
