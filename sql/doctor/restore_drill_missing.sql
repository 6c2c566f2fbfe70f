-- Whether a backup was restored lately, as a drill, and how much and how long a real one would have cost (RPO, RTO).
with limits as (
  select
    interval '35 days' as warning_after, -- once a month; the schedule does it weekly
    3600 as most_rpo_seconds, -- of commits that a restore would have lost; with an archive it is a minute
    4 * 3600 as most_rto_seconds -- of time until it serves again
),
runs as (
  select
    (select min(r.finished_at) from app_hidden.maintenance_runs r where r.task = 'backup' and r.outcome = 'succeeded') as first_backup_at,
    d.finished_at as drilled_at, d.details,
    (
      select max(r.finished_at) from app_hidden.maintenance_runs r
      where r.task = 'restore-drill' and (r.outcome = 'failed' or (r.details ->> 'findings')::integer > 0)
    ) as failed_at
  from (select) as one
  left join lateral (
    select r.finished_at, r.details from app_hidden.maintenance_runs r
    where r.task = 'restore-drill' and r.outcome = 'succeeded' and coalesce((r.details ->> 'findings')::integer, 0) = 0
    order by r.started_at desc limit 1
  ) as d on true
)
select
  'restore_drill_missing' as name,
  case when r.failed_at > coalesce(r.drilled_at, '-infinity') then 'error' else 'warning' end as severity,
  'restore drill' as subject,
  case
    when r.failed_at > coalesce(r.drilled_at, '-infinity') then format(
        'The last one failed at %s; the last that succeeded: %s.', to_char(r.failed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        coalesce(to_char(r.drilled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'none')
      )
    when r.drilled_at is null then 'No backup was ever restored.'
    else format(
      'The last one was at %s: it would have lost %s s of commits (RPO), and taken %s s (RTO).',
      to_char(r.drilled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      coalesce(r.details ->> 'rpoSeconds', '?'), coalesce(r.details ->> 'rtoSeconds', '?')
    )
  end as detail,
  'npm run ops -- restore-drill' as remedy,
  'docs/doctor.md#restore_drill_missing' as runbook
from limits
cross join runs r
where r.first_backup_at is not null
  and (
    r.failed_at > coalesce(r.drilled_at, '-infinity')
    or coalesce(r.drilled_at, r.first_backup_at) <= now() - limits.warning_after
    or (r.details ->> 'rpoSeconds')::float8 > limits.most_rpo_seconds
    or (r.details ->> 'rtoSeconds')::float8 > limits.most_rto_seconds
  );
