-- Whether there is a backup that is new enough, by what the command backup took down in the database. A tool of your own takes its runs
-- down with app_hidden.record_run('backup', …).
with limits as (
  select
    interval '1 day' as quiet_for, -- an installation of today has had no night yet
    interval '26 hours' as warning_after, -- one a day, and its duration
    interval '3 days' as error_after -- a weekend that nobody looked
),
backups as (
  select
    max(r.finished_at) filter (where r.outcome = 'succeeded') as succeeded_at,
    max(r.finished_at) filter (where r.outcome = 'failed') as failed_at,
    (select min(m.date) from graphile_migrate.migrations m) as installed_at,
    -- the embedded database is of one machine and few people
    pg_catalog.version() ~ 'PGlite' as is_embedded
  from app_hidden.maintenance_runs r
  where r.task = 'backup'
)
select
  'backup_missing' as name,
  case
    when b.is_embedded or coalesce(b.succeeded_at, b.installed_at) > now() - limits.quiet_for then 'info'
    when b.succeeded_at <= now() - limits.error_after then 'error'
    else 'warning'
  end as severity,
  'backup' as subject,
  case when b.succeeded_at is null then 'There has never been one.'
    else format('The last one that succeeded ended at %s.', to_char(b.succeeded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
  end || case when b.failed_at > coalesce(b.succeeded_at, '-infinity')
    then format(' The last one failed at %s.', to_char(b.failed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) else '' end as detail,
  'npm run ops -- backup full; and see why the schedule does not: npm run ops -- jobs list' as remedy,
  'docs/doctor.md#backup_missing' as runbook
from limits
cross join backups b
where b.succeeded_at is null
  or b.succeeded_at <= now() - limits.warning_after
  or b.failed_at > b.succeeded_at;
