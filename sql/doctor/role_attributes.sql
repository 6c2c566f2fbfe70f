-- Roles of ours that may do more than their work: row-level security does not hold for a superuser or BYPASSRLS, and CREATEROLE makes
-- what it lacks. The role of backups has BYPASSRLS and REPLICATION, and nothing else.
with ours (rolname) as (
  values
    ('colloquy_owner'), ('colloquy_authenticator'), ('colloquy_visitor'), ('colloquy_user'), ('colloquy_admin'), ('colloquy_worker'),
    ('colloquy_monitor'), ('colloquy_backup')
)
select 'role_attributes' as name, 'error' as severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#role_attributes' as runbook
from (
  select
    format('role %I', r.rolname) as subject,
    format('It has %s.', string_agg(upper(a.attribute), ', ' order by a.attribute)) as detail,
    format('alter role %I %s;', r.rolname, string_agg('no' || a.attribute, ' ' order by a.attribute)) as remedy
  from pg_catalog.pg_roles r
  cross join lateral (
    values
      ('superuser', r.rolsuper), ('createrole', r.rolcreaterole), ('createdb', r.rolcreatedb),
      ('bypassrls', r.rolbypassrls and r.rolname <> 'colloquy_backup'), ('replication', r.rolreplication and r.rolname <> 'colloquy_backup')
  ) as a (attribute, has)
  where r.rolname in (select o.rolname from ours o) and a.has
  group by r.rolname
  union all
  select
    format('role %I', m.rolname),
    format('It is a member of %I.', g.rolname),
    format('revoke %I from %I;', g.rolname, m.rolname)
  from pg_catalog.pg_auth_members x
  join pg_catalog.pg_roles m on m.oid = x.member
  join pg_catalog.pg_roles g on g.oid = x.roleid
  where m.rolname in (select o.rolname from ours o)
    and not (
      m.rolname = 'colloquy_authenticator' and g.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin')
      or m.rolname = 'colloquy_monitor' and g.rolname = 'pg_monitor'
      -- the worker looks at the database as the monitor, and rebuilds indexes as the role of maintenance: it becomes either for that alone
      or m.rolname = 'colloquy_worker' and g.rolname in ('colloquy_monitor', 'colloquy_maintenance')
      or m.rolname = 'colloquy_owner' and g.rolname = 'pg_read_all_stats'
      or m.rolname = 'colloquy_backup' and g.rolname = 'pg_read_all_data'
    )
) as found
order by found.subject, found.detail;
