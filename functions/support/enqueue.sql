-- Puts a job into pg-boss's own table, in the caller's transaction: the job exists exactly when the data does.
-- Written against pg-boss 12.35 (schema version 43); test/jobs checks that pg-boss itself would write the same row.
-- With the trace of the request that it comes from, where there is one.
-- It never fails a user's write: where the queue does not exist yet, the sweep finds the work later.
create or replace function app_hidden.enqueue(
  queue_name text, payload jsonb, singleton_key text default null, group_id text default null, priority integer default 0
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  insert into pgboss.job (
    name, data, singleton_key, group_id, priority, start_after, created_on, keep_until, expire_seconds, deletion_seconds,
    retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds
  )
  select
    q.name, payload || app_private.trace_of_request(), enqueue.singleton_key, enqueue.group_id, enqueue.priority, pgboss.job_now(), pgboss.job_now(),
    pgboss.job_now() + make_interval(secs => q.retention_seconds), q.expire_seconds, q.deletion_seconds,
    q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.policy, q.dead_letter, q.heartbeat_seconds
  from pgboss.queue q
  where q.name = queue_name
  on conflict do nothing;
end
$$;
comment on function app_hidden.enqueue(text, jsonb, text, text, integer) is 'Adds a job in this transaction. At most one job waits per singleton key, if the queue says so. Those of higher priority go first.';
-- Deliberately granted to nobody: triggers and security definer functions call it.
