-- Whether a backup that was to be an incremental one became a full one, as the command with --or-full and the schedule take it: slower and
-- larger each time. After a failover, or when summaries of the log are switched on, one is as it should be; a second one has a cause.
with backups as (
  select
    r.finished_at,
    r.details ->> 'fullBecause' as reason,
    lag(r.details ->> 'fullBecause') over (order by r.started_at, r.id) as reason_before,
    row_number() over (order by r.started_at desc, r.id desc) as place
  from app_hidden.maintenance_runs r
  where r.task = 'backup' and r.outcome = 'succeeded' and r.details ? 'fullBecause'
)
select
  'backup_full_instead' as name,
  case when b.reason_before is null then 'info' else 'warning' end as severity,
  'backup' as subject,
  format(
    'That of %s%s was taken full, since an incremental one could not be: %s',
    to_char(b.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    case when b.reason_before is null then '' else ', and the one before,' end,
    left(regexp_replace(b.reason, '\s+', ' ', 'g'), 500)
  ) as detail,
  'npm run ops -- backup init (it sets summarize_wal); then see whether the next one is incremental: npm run ops -- backup list' as remedy,
  'docs/doctor.md#backup_full_instead' as runbook
from backups b
where b.place = 1 and b.reason is not null;
