-- The roles of the application, what they may do at all, and which roles each can become or has the rights of.
select
  r.rolname as name,
  r.rolcanlogin as can_login,
  r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication as is_powerful,
  r.rolbypassrls as bypasses_row_security,
  (
    select coalesce(jsonb_agg(
      jsonb_build_object('role', granted.rolname, 'inherits', m.inherit_option, 'canBecome', m.set_option) order by granted.rolname
    ), '[]')
    from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles granted on granted.oid = m.roleid
    where m.member = r.oid
  ) as member_of
from pg_catalog.pg_roles r
where r.rolname in (
  'colloquy_owner', 'colloquy_authenticator', 'colloquy_visitor', 'colloquy_user', 'colloquy_admin', 'colloquy_worker', 'colloquy_monitor'
)
order by r.rolname;
