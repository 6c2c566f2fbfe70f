-- Tables that are not in the write-ahead log: empty after a crash, and absent from standbys and physical backups. Counts of rate limits
-- are meant to be.
select
  'unlogged_table' as name,
  'error' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  'A crash empties it, and no standby or physical backup has its rows.' as detail,
  format('alter table %I.%I set logged;', n.nspname, c.relname) as remedy,
  'docs/doctor.md#unlogged_table' as runbook
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss')
  and c.relkind in ('r', 'p') and c.relpersistence = 'u'
  and not (n.nspname = 'app_hidden' and c.relname = 'rate_limits')
order by subject;
