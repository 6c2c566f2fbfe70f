-- only: server
-- Transactions that are open for long: while one is, no vacuum of the whole database removes what was deleted since, locks are held, and
-- an index build waits for it.
with limits as (
  select
    interval '5 minutes' as idle_after, -- a request ends within seconds; who idles in a transaction has forgotten it
    interval '1 hour' as warning_after, -- longer than any job of ours
    interval '6 hours' as error_after -- dead rows of a working day
)
select
  'transactions_long' as name,
  case when now() - a.xact_start >= limits.error_after then 'error' else 'warning' end as severity,
  format('process %s', a.pid) as subject,
  format(
    '%s%s in database %s has a transaction since %s and is %s.', a.usename, coalesce(' (' || nullif(a.application_name, '') || ')', ''), a.datname,
    to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), a.state
  ) as detail,
  format('select pg_catalog.pg_terminate_backend(%s);', a.pid) as remedy,
  'docs/doctor.md#transactions_long' as runbook
from limits
cross join pg_catalog.pg_stat_activity a
where a.backend_type = 'client backend'
  and a.pid <> pg_catalog.pg_backend_pid()
  and (
    now() - a.xact_start >= limits.warning_after
    or a.state like 'idle in transaction%' and clock_timestamp() - a.state_change >= limits.idle_after
  )
order by a.xact_start, a.pid;
