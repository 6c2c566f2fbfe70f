-- Transactions that were prepared and not ended: pg_upgrade refuses them, and until they end no vacuum removes what is newer.
select
  'upgrade_prepared_transaction' as name,
  'error' as severity,
  p.gid as subject,
  format('Prepared by %s in %s, %s ago.', p.owner, p.database, date_trunc('second', now() - p.prepared)) as detail,
  format('As its owner, in that database: commit prepared %1$L; or rollback prepared %1$L;', p.gid) as remedy,
  'docs/operations/changes.md#upgrade_prepared_transaction' as runbook
from pg_catalog.pg_prepared_xacts p
order by p.prepared;
