-- Who may come into the database, and make things in it: nobody but our roles. PostgreSQL's defaults let every role of the server connect and
-- make temporary tables, and a database that an older server made lets every role create in the schema public.
select 'database_access' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#database_access' as runbook
from (
  select
    'warning' as severity,
    format('database %I', d.datname) as subject,
    format('Every role of the server may %s.', string_agg(lower(a.privilege_type), ', ' order by a.privilege_type)) as detail,
    format(
      'revoke all on database %1$I from public; grant connect, create, temporary on database %1$I to colloquy_owner; '
      'grant connect on database %1$I to colloquy_authenticator, colloquy_worker, colloquy_monitor%2$s;',
      d.datname, case when pg_catalog.to_regrole('colloquy_backup') is null then '' else ', colloquy_backup' end
    ) as remedy
  from pg_catalog.pg_database d
  cross join lateral pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) as a
  where d.datname = pg_catalog.current_database() and a.grantee = 0
  group by d.datname
  union all
  select
    'error',
    format('database %I', d.datname),
    format('It belongs to %I, which serves requests or jobs and could drop it.', r.rolname),
    -- what it was granted goes with the ownership
    format('alter database %1$I owner to colloquy_owner; grant connect on database %1$I to %2$I;', d.datname, r.rolname)
  from pg_catalog.pg_database d
  join pg_catalog.pg_roles r on r.oid = d.datdba
  where d.datname = pg_catalog.current_database()
    and r.rolname in ('colloquy_authenticator', 'colloquy_visitor', 'colloquy_user', 'colloquy_admin', 'colloquy_worker', 'colloquy_monitor', 'colloquy_backup')
  union all
  select
    'error', 'schema public', 'Every role may create in it: a function of that name is then called instead of another.',
    'revoke create on schema public from public;'
  from pg_catalog.pg_namespace n
  cross join lateral pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) as a
  where n.nspname = 'public' and a.grantee = 0 and a.privilege_type = 'CREATE'
) as found
order by found.subject, found.detail;
