-- Functions that write with the rights of their owner, that users may call and visitors may not, and that never ask who calls and
-- with which scope: nor does anything that they call.
with recursive functions as (
  select p.oid, p.proname, p.prosrc, p.provolatile, p.prosecdef, p.proacl, p.proowner
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private')
),
calls as materialized (
  select distinct f.oid, f.proname, word[1] as called
  from functions f
  cross join lateral regexp_matches(f.prosrc, '\m(\w+)\(', 'g') as word
  where word[1] in (select g.proname from functions g)
),
asking as (
  select f.oid, f.proname
  from functions f
  where f.prosrc ~ '\m(require_session\(|require_member\(for_writing|can_write\(|has_scope\(''(write|share|meter|admin)'')'
  union
  -- that one asks for reading alone, unless it is told more
  select c.oid, c.proname from calls c join asking a on a.proname = c.called and a.proname <> 'require_member'
)
select
  'definer_without_caller_check' as name,
  'error' as severity,
  f.oid::pg_catalog.regprocedure::text as subject,
  'Every user may call it, with any API key, and it writes with the rights of its owner.' as detail,
  'Begin it with app_hidden.require_member(for_writing => true), or another of functions/auth/require_*.' as remedy,
  'docs/doctor.md#definer_without_caller_check' as runbook
from functions f
where f.prosecdef and f.provolatile = 'v'
  and exists (
    select from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) as a
    join pg_catalog.pg_roles r on r.oid = a.grantee and r.rolname in ('colloquy_user', 'colloquy_admin')
  )
  and not exists (
    select from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) as a
    join pg_catalog.pg_roles r on r.oid = a.grantee and r.rolname = 'colloquy_visitor'
  )
  and f.oid not in (select a.oid from asking a)
order by subject;
