-- A database that nobody may connect to: pg_upgrade cannot read it, and refuses the cluster.
select
  'upgrade_closed_database' as name,
  'error' as severity,
  format('database %I', d.datname) as subject,
  'Nobody may connect to it, and pg_upgrade has to.' as detail,
  format('alter database %I allow_connections true; or drop it.', d.datname) as remedy,
  'docs/operations/changes.md#upgrade_closed_database' as runbook
from pg_catalog.pg_database d
where not d.datallowconn and d.datname <> 'template0'
order by d.datname;
