-- Indexes that are not used, or not kept: what a rebuild left that did not end. Their content is checked by pg_amcheck.
select
  'indexes_valid' as name,
  'error' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  format('The index of %s is %s.', i.indrelid::regclass, case when i.indisready then 'not valid' else 'not kept' end) as detail,
  format('drop index concurrently %1$I.%2$I; or: reindex index concurrently %1$I.%2$I;', n.nspname, c.relname) as remedy,
  'docs/operations/restore.md#indexes_valid' as runbook
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss') and not (i.indisvalid and i.indisready and i.indislive)
order by subject;
