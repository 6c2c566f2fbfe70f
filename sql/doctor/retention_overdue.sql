-- What is older than every retention policy of its kind allows, while nothing holds it: the policies promise that it is deleted.
with limits as (
  select
    interval '35 days' as grace -- partitions go by the month, after their last day
)
select
  'retention_overdue' as name,
  'warning' as severity,
  r.kind as subject,
  format('They are kept for %s days, and the oldest is of %s.', r.keep_days, to_char(r.oldest_at at time zone 'UTC', 'YYYY-MM-DD')) as detail,
  'See whether the job of retention runs: npm run ops -- jobs list; a policy that is not meant is changed with setRetentionPolicy.' as remedy,
  'docs/doctor.md#retention_overdue' as runbook
from limits
cross join app_hidden.retention_overdue() r
where r.oldest_at < now() - make_interval(days => r.keep_days) - limits.grace
order by r.kind;
