-- What every role was granted, one row per role, object and privilege. The owner's own rights are left out. For tables
-- with rights by column, the columns are listed in their order. Of app_partitions any grant at all is shown, without the
-- name of the partition: there must be none.
with schemas as (
  select oid, nspname, nspacl, nspowner
  from pg_catalog.pg_namespace
  where nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'extensions', 'graphile_migrate', 'pgboss', 'public')
),

grants as (
  select 'schema' as kind, s.nspname::text as object, given.grantee, given.privilege_type, null::text as columns
  from schemas s
  cross join pg_catalog.aclexplode(coalesce(s.nspacl, pg_catalog.acldefault('n', s.nspowner))) as given
  where given.grantee <> s.nspowner
  union all
  select
    case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view' else 'table' end,
    case s.nspname when 'app_partitions' then 'app_partitions.(partitions)' else format('%s.%s', s.nspname, c.relname) end,
    given.grantee, given.privilege_type, null
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  cross join pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault(case c.relkind when 'S' then 'S' else 'r' end::"char", c.relowner))) as given
  where s.nspname like 'app\_%' and c.relkind in ('r', 'p', 'v', 'm', 'S') and given.grantee <> c.relowner
  union all
  select
    'table',
    case s.nspname when 'app_partitions' then 'app_partitions.(partitions)' else format('%s.%s', s.nspname, c.relname) end,
    given.grantee, given.privilege_type, string_agg(a.attname, ', ' order by a.attnum)
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join schemas s on s.oid = c.relnamespace
  cross join pg_catalog.aclexplode(a.attacl) as given
  where s.nspname like 'app\_%' and c.relkind in ('r', 'p', 'v', 'm') and given.grantee <> c.relowner
  group by s.nspname, c.relname, given.grantee, given.privilege_type
  union all
  select
    'function', format('%s.%s(%s)', s.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
    given.grantee, given.privilege_type, null
  from pg_catalog.pg_proc p
  join schemas s on s.oid = p.pronamespace
  cross join pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as given
  where s.nspname like 'app\_%' and given.grantee <> p.proowner
)

select distinct
  case grantee when 0 then 'public' else grantee::regrole::text end collate "C" as role,
  kind collate "C" as kind,
  object collate "C" as object,
  lower(privilege_type) collate "C" as privilege,
  columns collate "C" as columns
from grants
order by 1, 2, 3, 4, 5;
