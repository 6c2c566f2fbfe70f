-- only: server
-- Transactions that were prepared for a two-phase commit and never ended: they hold locks and old rows, over restarts too. Nothing of
-- Colloquy prepares any.
with limits as (
  select
    interval '10 minutes' as warning_after, -- a transaction manager commits within seconds
    interval '1 hour' as error_after -- it has been forgotten
)
select
  'prepared_transactions' as name,
  case when now() - p.prepared >= limits.error_after then 'error' else 'warning' end as severity,
  format('%s in database %I', p.gid, p.database) as subject,
  format('%s prepared it at %s.', p.owner, to_char(p.prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail,
  format('rollback prepared %L;', p.gid) as remedy,
  'docs/doctor.md#prepared_transactions' as runbook
from limits
cross join pg_catalog.pg_prepared_xacts p
where now() - p.prepared >= limits.warning_after
order by p.prepared, p.gid;
