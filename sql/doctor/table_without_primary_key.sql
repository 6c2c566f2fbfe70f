-- Tables of ours without a primary key: a row cannot be named, and logical replication refuses its updates.
select
  'table_without_primary_key' as name,
  'error' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  'It has no primary key.' as detail,
  format('alter table %I.%I add primary key (…);', n.nspname, c.relname) as remedy,
  'docs/doctor.md#table_without_primary_key' as runbook
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and c.relkind in ('r', 'p') and not c.relispartition
  and not exists (select from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'p')
order by subject;
