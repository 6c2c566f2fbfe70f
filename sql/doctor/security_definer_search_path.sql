-- Security definer functions whose caller could choose what their unqualified names mean: without a search_path
-- of their own, or with one that does not put the caller's temporary objects last.
select
  'security_definer_search_path' as name,
  'error' as severity,
  p.oid::pg_catalog.regprocedure::text as subject,
  coalesce(format('It runs with %s.', setting.text), 'It has no search_path of its own.') as detail,
  format('alter function %s set search_path = pg_catalog, pg_temp;', p.oid::pg_catalog.regprocedure) as remedy,
  'docs/doctor.md#security_definer_search_path' as runbook
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join lateral (
  select s as text from unnest(p.proconfig) as s where s like 'search_path=%'
) as setting on true
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and p.prosecdef
  and setting.text is distinct from 'search_path=""'
  and coalesce(setting.text, '') !~ '^search_path=(.*, )?pg_temp$'
order by subject;
