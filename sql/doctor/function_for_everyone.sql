-- Functions that every role may call, which is PostgreSQL's default for a new one.
select
  'function_for_everyone' as name,
  'error' as severity,
  p.oid::pg_catalog.regprocedure::text as subject,
  case when p.prosecdef then 'Every role may call it, with the rights of its owner.' else 'Every role may call it.' end as detail,
  format('revoke execute on function %s from public;', p.oid::pg_catalog.regprocedure) as remedy,
  'docs/doctor.md#function_for_everyone' as runbook
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and exists (
    select from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
    where a.grantee = 0 and a.privilege_type = 'EXECUTE'
  )
order by subject;
