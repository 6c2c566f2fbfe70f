-- Queues in which jobs failed for good, and none was completed since; or in which very many fail. One that failed and did better afterwards
-- is nothing to wake up for.
with limits as (
  select
    10 as most_failed, -- in a day, of which
    0.1 as most_share -- of all that ended failed
)
select
  'jobs_failed' as name,
  'warning' as severity,
  format('queue %s', q.queue) as subject,
  format(
    '%s jobs failed in 24 hours, the last one at %s; the last one that was completed: %s.', q.failed_today,
    to_char(q.last_failed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    coalesce(to_char(q.last_completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'none')
  ) as detail,
  'npm run ops -- jobs list shows why; mend that, then run it again: npm run ops -- jobs run ' || q.queue as remedy,
  'docs/doctor.md#jobs_failed' as runbook
from limits
cross join app_hidden.queue_states(with_ends => true) q
where q.failed_today > 0
  and (
    q.last_failed_at > coalesce(q.last_completed_at, '-infinity')
    or q.failed_today >= limits.most_failed and q.failed_today >= limits.most_share * (q.failed_today + q.completed_today)
  )
order by q.queue;
