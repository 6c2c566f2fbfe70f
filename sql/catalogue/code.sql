-- Everything that functions/ makes and may make again, one row per object, so that two moments can be compared: functions,
-- views, policies, triggers, and who was granted what. Partitions are left out: what they have comes from their parents.
with places as (
  select oid, nspname
  from pg_catalog.pg_namespace
  where nspname in ('app_public', 'app_hidden', 'app_private')
),

routines as (
  select p.oid, p.prokind, p.proacl, p.proowner, format('%I.%I(%s)', s.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name
  from pg_catalog.pg_proc p
  join places s on s.oid = p.pronamespace
),

relations as (
  select c.oid, c.relkind, c.relacl, c.relowner, c.reloptions, format('%I.%I', s.nspname, c.relname) as name
  from pg_catalog.pg_class c
  join places s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm')
)

select 'function' as kind, r.name, pg_catalog.pg_get_functiondef(r.oid) as definition
from routines r
where r.prokind <> 'a'
union all
select 'view', r.name, concat_ws(E'\n', r.reloptions::text, pg_catalog.pg_get_viewdef(r.oid))
from relations r
where r.relkind in ('v', 'm')
union all
select
  'policy', format('%I on %s', p.polname, r.name),
  concat_ws(
    E'\n', case p.polpermissive when true then 'permissive' else 'restrictive' end, 'for ' || p.polcmd::text,
    'to ' || (
      select string_agg(case given.role when 0 then 'public' else given.role::regrole::text end, ', ' order by given.role::regrole::text collate "C")
      from unnest(p.polroles) as given (role)
    ),
    'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
  )
from pg_catalog.pg_policy p
join relations r on r.oid = p.polrelid
union all
select 'trigger', format('%I on %s', t.tgname, r.name), concat_ws(E'\n', pg_catalog.pg_get_triggerdef(t.oid), 'enabled: ' || t.tgenabled::text)
from pg_catalog.pg_trigger t
join relations r on r.oid = t.tgrelid
where not t.tgisinternal
union all
select
  'grants', objects.name,
  string_agg(
    format('%s to %s', given.privilege_type || case when given.is_grantable then ' with grant option' else '' end, case given.grantee when 0 then 'public' else given.grantee::regrole::text end),
    E'\n' order by given.grantee::regrole::text collate "C", given.privilege_type
  )
from (
  select r.name, coalesce(r.proacl, pg_catalog.acldefault('f', r.proowner)) as acl from routines r
  union all
  select r.name, coalesce(r.relacl, pg_catalog.acldefault('r', r.relowner)) from relations r
  union all
  select format('%s (%I)', r.name, a.attname), a.attacl
  from relations r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid
  where a.attacl is not null and not a.attisdropped
) as objects
cross join pg_catalog.aclexplode(objects.acl) as given
group by objects.name
union all
select 'comment', format('%s %s', case d.classoid when 'pg_catalog.pg_proc'::regclass then 'on function' else 'on' end, coalesce(f.name, r.name)), d.description
from pg_catalog.pg_description d
left join routines f on d.classoid = 'pg_catalog.pg_proc'::regclass and f.oid = d.objoid
left join relations r on d.classoid = 'pg_catalog.pg_class'::regclass and r.oid = d.objoid and d.objsubid = 0
where coalesce(f.name, r.name) is not null
order by 1, 2;
