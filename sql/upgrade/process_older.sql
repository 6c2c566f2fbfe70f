-- Processes that were connected before this database got its latest functions: they run an older version, and were not started again.
select
  'process_older' as name,
  'warning' as severity,
  format('%s, process %s of the server', a.application_name, a.pid) as subject,
  format('Connected since %s; functions changed %s.', date_trunc('second', a.backend_start), date_trunc('second', latest.at)) as detail,
  'Start that API or worker again with the version that migrated the database.' as remedy,
  'docs/operations/changes.md#process_older' as runbook
from pg_catalog.pg_stat_activity a
cross join (select max(f.applied_at) as at from app_hidden.applied_functions f) as latest
where a.datname = current_database() and a.application_name ~ '^colloquy (worker|authenticator)' and a.backend_start < latest.at
order by a.backend_start;
