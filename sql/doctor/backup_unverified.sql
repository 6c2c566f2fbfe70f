-- Whether the backups were read back and compared lately: one that was never read is a hope.
with limits as (
  select
    interval '8 days' as warning_after -- once a week
),
runs as (
  select
    max(r.finished_at) filter (where r.task = 'backup' and r.outcome = 'succeeded') as backup_at,
    min(r.finished_at) filter (where r.task = 'backup' and r.outcome = 'succeeded') as first_backup_at,
    max(r.finished_at) filter (where r.task = 'backup-verify' and r.outcome = 'succeeded' and f.findings = 0) as verified_at,
    max(r.finished_at) filter (where r.task = 'backup-verify' and (r.outcome = 'failed' or f.findings > 0)) as failed_at
  from app_hidden.maintenance_runs r
  cross join lateral (select coalesce((r.details ->> 'findings')::integer, 0) as findings) as f
  where r.task in ('backup', 'backup-verify')
)
select
  'backup_unverified' as name,
  case when r.failed_at > coalesce(r.verified_at, '-infinity') then 'error' else 'warning' end as severity,
  'backup' as subject,
  case
    when r.failed_at > coalesce(r.verified_at, '-infinity') then format(
        'The last verification failed at %s; the last good one: %s.', to_char(r.failed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        coalesce(to_char(r.verified_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'none')
      )
    else format('The last one that was verified: %s.', coalesce(to_char(r.verified_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'none'))
  end as detail,
  case when r.failed_at > coalesce(r.verified_at, '-infinity')
    then 'npm run ops -- backup verify says which file; take a full one at once: npm run ops -- backup full'
    else 'npm run ops -- backup verify'
  end as remedy,
  'docs/doctor.md#backup_unverified' as runbook
from limits
cross join runs r
where r.backup_at is not null
  and (
    r.failed_at > coalesce(r.verified_at, '-infinity')
    or coalesce(r.verified_at, r.first_backup_at) <= now() - limits.warning_after
  );
