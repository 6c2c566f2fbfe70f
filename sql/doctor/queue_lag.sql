-- Queues of jobs whose oldest job is due for long: no worker works on it, or it comes in faster than it is done.
with limits as (
  select
    interval '15 minutes' as warning_after, -- a worker looks every second
    interval '6 hours' as error_after -- of a night
)
select
  'queue_lag' as name,
  case when now() - q.oldest_due_at >= limits.error_after then 'error' else 'warning' end as severity,
  format('queue %s', q.queue) as subject,
  format(
    '%s jobs wait, the oldest since %s.', q.waiting, to_char(q.oldest_due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  ) as detail,
  'See that a worker runs and what it logs; more of them share the work: npm start -- --worker-only, on any machine.' as remedy,
  'docs/doctor.md#queue_lag' as runbook
from limits
cross join app_hidden.queue_states() q
where q.oldest_due_at <= now() - limits.warning_after
order by q.oldest_due_at, q.queue;
