-- The worker reads no settings by itself: these bound retention.
create or replace function app_hidden.retention_limits(of_workspace uuid default null)
returns table (minutes numeric, batch_rows integer, is_replica boolean, is_known boolean, last_run_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    least(greatest(app_hidden.setting('retention_minutes')::numeric, 0), 300),
    least(greatest(app_hidden.setting('retention_batch_rows')::integer, 1), 10000),
    pg_is_in_recovery(),
    of_workspace is null or exists (select from app_public.workspaces w where w.id = of_workspace),
    (select max(r.started_at) from app_hidden.maintenance_runs r where r.task = 'retention');
$$;
comment on function app_hidden.retention_limits(uuid) is
  'How long the job of retention begins something (five hours at most), the rows of one of its transactions, whether this server is a replica, whether there is such a workspace, and when the last run began.';
grant execute on function app_hidden.retention_limits(uuid) to colloquy_worker;
