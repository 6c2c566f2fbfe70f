-- Sort orders that are another version than the one that indexes were built by: they may miss rows that are there.
select
  'collation_changed' as name, 'error' as severity, found.subject, found.detail, found.remedy,
  'docs/operations/changes.md#collation_changed' as runbook
from (
  select
    format('database %I', d.datname) as subject,
    format('Built by version %s, the system has %s.', d.datcollversion, actual.version) as detail,
    format('npm run ops -- reindex --all --again, then as its owner: alter database %I refresh collation version;', d.datname) as remedy
  from pg_catalog.pg_database d
  cross join lateral (select pg_catalog.pg_database_collation_actual_version(d.oid) as version) as actual
  where d.datname = current_database() and d.datcollversion <> actual.version
  union all
  select
    format('collation %I.%I', n.nspname, c.collname),
    format('Built by version %s, the system has %s.', c.collversion, actual.version),
    format('npm run ops -- reindex --all --again, then as its owner: alter collation %I.%I refresh version;', n.nspname, c.collname)
  from pg_catalog.pg_collation c
  join pg_catalog.pg_namespace n on n.oid = c.collnamespace
  cross join lateral (select pg_catalog.pg_collation_actual_version(c.oid) as version) as actual
  where c.collversion <> actual.version
    and exists (select from pg_catalog.pg_depend p where p.refclassid = 'pg_collation'::regclass and p.refobjid = c.oid and p.deptype = 'n')
) as found
order by found.subject;
