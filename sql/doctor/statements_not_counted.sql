-- only: server
-- Without pg_stat_statements nothing says which statement made a night slow: it cannot be found out afterwards.
select
  'statements_not_counted' as name,
  'info' as severity,
  'extension pg_stat_statements' as subject,
  case when is_loaded then 'It is loaded, but not installed in this database.'
    else 'It is not loaded, so statements_slow has nothing to look at.'
  end as detail,
  case when is_loaded then 'create extension pg_stat_statements with schema extensions;'
    else 'Add pg_stat_statements to shared_preload_libraries, restart the server, then: create extension pg_stat_statements with schema extensions;'
  end as remedy,
  'docs/doctor.md#statements_not_counted' as runbook
from (select 'pg_stat_statements.max' in (select s.name from pg_catalog.pg_settings s) as is_loaded) as x
where not (is_loaded and exists (select from pg_catalog.pg_extension e where e.extname = 'pg_stat_statements'));
