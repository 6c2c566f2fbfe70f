-- Functions that change the catalogue or lock a whole table, and that a request can come to: such a lock holds up every tenant until the
-- request's transaction ends. Who calls whom is read from the bodies, by name, so that what is dynamic counts too; a statement that is
-- put together is found as its words stand in some function. Triggers count as called by everybody.
-- Three are meant: an administrator of the installation makes, activates and archives embedding versions, with locks that give up soon.
with recursive functions as (
  select
    p.oid, p.proname, format('%I.%I', n.nspname, p.proname) as name, p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype as is_trigger,
    regexp_replace(coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc), '--[^\n]*', '', 'g') as body
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private')
),

calls as (
  select distinct f.oid as caller, g.oid as callee
  from functions f
  cross join lateral regexp_matches(lower(f.body), '([a-z_0-9]+)"?\s*\(', 'g') as word
  join functions g on g.proname = word[1] and g.oid <> f.oid
),

reached as (
  select f.oid, f.name as origin
  from functions f
  where (
      f.is_trigger or exists (
        select from unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as role
        where pg_catalog.has_function_privilege(role, f.oid, 'execute')
      )
    )
    and f.name not in ('app_public.create_embedding_version', 'app_public.activate_embedding_version', 'app_public.archive_embedding_version')
  union
  select c.callee, r.origin
  from reached r
  join calls c on c.caller = r.oid
  join functions f on f.oid = c.callee
  where f.name not in ('app_public.create_embedding_version', 'app_public.activate_embedding_version', 'app_public.archive_embedding_version')
)

select
  'request_changes_catalogue' as name, 'error' as severity, f.name as subject,
  format('It contains "%s", and a request comes to it through %s.', min(word[1]), min(r.origin)) as detail,
  'Let a job do it, as colloquy_worker, and let the request enqueue the job.' as remedy, 'docs/doctor.md#request_changes_catalogue' as runbook
from reached r
join functions f on f.oid = r.oid
cross join lateral regexp_matches(
  lower(f.body),
  '\m((?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:unique\s+|temp\s+|temporary\s+|unlogged\s+|materialized\s+)?(?:table|index|view|function|trigger|type|schema|policy|sequence|role)|attach\s+partition|detach\s+partition|lock\s+table|truncate\s+(?:table|only|app_)|refresh\s+materialized|reindex|vacuum)\M',
  'g'
) as word
group by f.name
order by f.name;
