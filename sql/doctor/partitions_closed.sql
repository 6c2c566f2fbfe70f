-- Partitions that could be addressed directly, where row-level security of the parent does not hold: a schema for
-- partitions that somebody may use, a partition in another schema, or one with a grant of its own.
select 'partitions_closed' as name, 'error' as severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#partitions_closed' as runbook
from (
  select
    'schema app_partitions' as subject,
    format('%s may use it.', role) as detail,
    format('revoke all on schema app_partitions from %I, public;', role) as remedy
  from unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin', 'colloquy_worker', 'colloquy_authenticator']) as role
  where pg_catalog.has_schema_privilege(role, 'app_partitions', 'usage')
  union all
  select
    format('%I.%I', n.nspname, c.relname),
    'The partition lies outside of app_partitions.',
    format('alter table %I.%I set schema app_partitions;', n.nspname, c.relname)
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relispartition and c.relkind in ('r', 'p') and n.nspname in ('app_public', 'app_hidden', 'app_private')
  union all
  select
    format('%I.%I', n.nspname, c.relname),
    format('%s has been granted %s on it.', coalesce(r.rolname, 'public'), string_agg(lower(a.privilege_type), ', ' order by a.privilege_type)),
    format('revoke all on %I.%I from %s;', n.nspname, c.relname, coalesce(quote_ident(r.rolname), 'public'))
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral pg_catalog.aclexplode(c.relacl) as a
  left join pg_catalog.pg_roles r on r.oid = a.grantee
  where n.nspname = 'app_partitions' and a.grantee <> c.relowner
  group by n.nspname, c.relname, r.rolname
) as found
order by found.subject, found.detail;
