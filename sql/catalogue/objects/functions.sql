-- Functions, procedures and aggregates, with their bodies.
select
  case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
  format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name,
  concat_ws(
    E'\n',
    case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid) end,
    'owned by ' || case p.proowner when main.nspowner then 'the owner' else p.proowner::regrole::text end
  ) as definition
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join pg_catalog.pg_namespace main on main.nspname = 'app_public'
where n.nspname like 'app\_%';
