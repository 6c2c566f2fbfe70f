-- A sort order that comes from the operating system changes with it, and a standby on another system sorts otherwise.
select
  'collation_of_system' as name,
  'warning' as severity,
  format('database %I', d.datname) as subject,
  format('It sorts by %s of the operating system.', d.datcollate) as detail,
  'A new database is better made with --locale-provider=builtin --locale=C.UTF-8. Until then, run this after each upgrade of the system.' as remedy,
  'docs/operations/changes.md#collation_of_system' as runbook
from pg_catalog.pg_database d
where d.datname = current_database() and d.datlocprovider = 'c' and d.datcollate not in ('C', 'POSIX');
