-- Defaults for what the owner will make: public must not get the right to call new functions, which is PostgreSQL's own
-- default, and no default may hand new objects to public or to a role of requests.
select 'default_privileges' as name, 'error' as severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#default_privileges' as runbook
from (
  select
    'functions of colloquy_owner' as subject,
    'Every role may call each new function.' as detail,
    'alter default privileges for role colloquy_owner revoke execute on functions from public;' as remedy
  where not exists (
    select from pg_catalog.pg_default_acl d
    where d.defaclrole = 'colloquy_owner'::regrole and d.defaclnamespace = 0 and d.defaclobjtype = 'f'
      and not exists (select from pg_catalog.aclexplode(d.defaclacl) as a where a.grantee = 0)
  )
  union all
  select
    format(
      '%s of %I%s',
      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end,
      pg_catalog.pg_get_userbyid(d.defaclrole), ' in ' || n.nspname
    ),
    format('%s gets %s on each new one.', coalesce(r.rolname, 'public'), lower(a.privilege_type)),
    format('alter default privileges for role %I … revoke all on … from %s;', pg_catalog.pg_get_userbyid(d.defaclrole), coalesce(quote_ident(r.rolname), 'public'))
  from pg_catalog.pg_default_acl d
  left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
  cross join lateral pg_catalog.aclexplode(d.defaclacl) as a
  left join pg_catalog.pg_roles r on r.oid = a.grantee
  where d.defaclrole = 'colloquy_owner'::regrole
    and d.defaclobjtype <> 'T'
    and (a.grantee = 0 or r.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin'))
) as found
order by found.subject, found.detail;
