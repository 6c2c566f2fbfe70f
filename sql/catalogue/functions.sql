-- One row per function and procedure of the application.
select
  n.nspname as schema,
  p.proname as name,
  pg_catalog.pg_get_function_arguments(p.oid) as arguments,
  case p.prokind when 'p' then 'a procedure' else pg_catalog.pg_get_function_result(p.oid) end as returns,
  l.lanname as language,
  p.prosecdef as is_definer,
  case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
  case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' else 'parallel unsafe' end as parallel,
  p.proisstrict as is_strict,
  p.proleakproof as is_leakproof,
  coalesce(to_jsonb(p.proconfig), '[]') as settings,
  (
    select coalesce(jsonb_agg(who order by who collate "C"), '[]')
    from (
      select distinct case given.grantee when 0 then 'public' else given.grantee::regrole::text end as who
      from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as given
      where given.grantee <> p.proowner
    ) as grantees
  ) as executors,
  pg_catalog.obj_description(p.oid, 'pg_proc') as comment
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
order by n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid) collate "C";
