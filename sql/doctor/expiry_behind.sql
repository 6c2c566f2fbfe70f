-- Sessions, tokens, temporary conversations and mails that should be gone: what has expired works no more, but a temporary conversation
-- is a promise to delete.
with limits as (
  select
    interval '1 day' as warning_after -- the job runs hourly, and goes on until nothing is left
)
select
  'expiry_behind' as name,
  'warning' as severity,
  b.kind as subject,
  format(
    '%s%s expired and are still there, the oldest since %s.', case when b.waiting >= 10000 then 'More than ' else '' end, b.waiting,
    to_char(b.oldest_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  ) as detail,
  'npm run ops -- jobs run remove-expired; and see there why it did not run or failed.' as remedy,
  'docs/doctor.md#expiry_behind' as runbook
from limits
cross join lateral app_hidden.expiry_backlog(limits.warning_after) b
order by b.kind;
