-- The schemas of the application.
select
  'schema' as kind, quote_ident(n.nspname) as name,
  format('owned by %s', case n.nspowner when main.nspowner then 'the owner' else n.nspowner::regrole::text end) as definition
from pg_catalog.pg_namespace n
left join pg_catalog.pg_namespace main on main.nspname = 'app_public'
where n.nspname like 'app\_%';
