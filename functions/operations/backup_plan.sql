-- When backups are due and what of them stays, for the job that takes them: the worker reads no settings by itself. A cron or a number
-- that is off is null. Off on a replica, whose primary has a worker that does it.
create or replace function app_hidden.backup_plan()
returns table (full_cron text, incremental_cron text, keep_full integer, keep_days integer, failed_at timestamptz, is_replica boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    nullif(app_hidden.setting('backup_full_cron'), 'off'), nullif(app_hidden.setting('backup_incremental_cron'), 'off'),
    nullif(app_hidden.setting('backup_keep_full'), 'off')::integer, nullif(app_hidden.setting('backup_keep_days'), 'off')::integer,
    (
      select max(r.finished_at) filter (where r.outcome = 'failed')
      from app_hidden.maintenance_runs r
      where r.task = 'backup' and r.started_at > now() - interval '2 days'
    ),
    pg_is_in_recovery();
$$;
comment on function app_hidden.backup_plan() is
  'When workers take backups and what of them stays, as the settings say; when one failed last in two days, and whether this server is a replica.';
grant execute on function app_hidden.backup_plan() to colloquy_worker;
