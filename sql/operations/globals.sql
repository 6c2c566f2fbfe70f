-- What a dump of a database does not hold and its objects need: the roles of Colloquy, what they may do, whom they may become, and their
-- settings in every database or in this one. Never a password. Lines of SQL that psql runs as an administrator.
select line
from (
  select 1 as part, r.rolname as name, format(
    'do $do$ begin create role %I; exception when duplicate_object or unique_violation then null; end $do$;', r.rolname
  ) as line
  from pg_catalog.pg_roles r
  where r.rolname ~ '^colloquy_'
  union all
  select 2, r.rolname, format(
    'alter role %I with %s %s %s %s %s %s connection limit %s;', r.rolname,
    case when r.rolcanlogin then 'login' else 'nologin' end, case when r.rolinherit then 'inherit' else 'noinherit' end,
    case when r.rolcreaterole then 'createrole' else 'nocreaterole' end, case when r.rolcreatedb then 'createdb' else 'nocreatedb' end,
    case when r.rolreplication then 'replication' else 'noreplication' end, case when r.rolbypassrls then 'bypassrls' else 'nobypassrls' end, r.rolconnlimit
  )
  from pg_catalog.pg_roles r
  where r.rolname ~ '^colloquy_'
  union all
  select 3, m.rolname, format(
    'grant %I to %I with admin %s, inherit %s, set %s;', g.rolname, m.rolname, a.admin_option, a.inherit_option, a.set_option
  )
  from pg_catalog.pg_auth_members a
  join pg_catalog.pg_roles g on g.oid = a.roleid
  join pg_catalog.pg_roles m on m.oid = a.member
  where m.rolname ~ '^colloquy_'
  union all
  select 4, r.rolname, format(
    'alter role %I set %s to %L;', r.rolname, split_part(c.setting, '=', 1), substr(c.setting, strpos(c.setting, '=') + 1)
  )
  from pg_catalog.pg_db_role_setting s
  join pg_catalog.pg_roles r on r.oid = s.setrole
  cross join lateral unnest(s.setconfig) as c (setting)
  where r.rolname ~ '^colloquy_' and s.setdatabase = 0
) as lines
order by part, name, line;
