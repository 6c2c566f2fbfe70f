-- Who else than the owner of an object may do what with it, one row per right: of the application's objects any right of
-- anyone, of the schemas of pg-boss and graphile-migrate, of extensions and of public what request roles or everyone may.
with places as (
  select n.oid, n.nspname, n.nspacl, n.nspowner, n.nspname like 'app\_%' as is_ours
  from pg_catalog.pg_namespace n
  where n.nspname like 'app\_%' or n.nspname in ('pgboss', 'graphile_migrate', 'extensions', 'public')
),

objects as (
  select quote_ident(n.nspname) as name, n.is_ours, null::text as part, n.nspowner as owner, coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) as acl
  from places n
  union all
  select
    format('%I.%I', n.nspname, c.relname), n.is_ours, null, c.relowner,
    coalesce(c.relacl, pg_catalog.acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
  from pg_catalog.pg_class c
  join places n on n.oid = c.relnamespace
  where n.nspname not in ('extensions', 'public', 'app_partitions') and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
  union all
  select format('%I.%I', n.nspname, c.relname), n.is_ours, a.attname, c.relowner, a.attacl
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join places n on n.oid = c.relnamespace
  where n.nspname not in ('extensions', 'public', 'app_partitions') and a.attacl is not null and not a.attisdropped
  union all
  select
    format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), n.is_ours, null, p.proowner,
    coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
  from pg_catalog.pg_proc p
  join places n on n.oid = p.pronamespace
  where n.is_ours
  union all
  -- every type is everyone's until that is taken back, and a table's own type cannot be granted
  select format('%I.%I', n.nspname, t.typname), n.is_ours, null, t.typowner, t.typacl
  from pg_catalog.pg_type t
  join places n on n.oid = t.typnamespace
  where n.is_ours and t.typacl is not null
)

select
  'grant' as kind,
  format(
    '%s: %s%s to %s', o.name, lower(given.privilege_type), ' (' || quote_ident(o.part) || ')',
    case given.grantee when 0 then 'public' when main.nspowner then 'the owner' else given.grantee::regrole::text end
  ) as name,
  case when bool_or(given.is_grantable) then 'granted, and may be passed on' else 'granted' end as definition
from objects o
cross join pg_catalog.aclexplode(o.acl) as given
left join pg_catalog.pg_namespace main on main.nspname = 'app_public'
where
  given.grantee <> o.owner
  and (
    o.is_ours or given.grantee = 0
    or given.grantee::regrole::text in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin', 'colloquy_authenticator', 'colloquy_worker', 'colloquy_monitor')
  )
  -- pg-boss makes tables by itself, and the worker's rights on them are given anew with each migration
  and not (o.name like 'pgboss.%' and given.grantee::regrole::text = 'colloquy_worker')
group by 2;
