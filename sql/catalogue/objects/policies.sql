-- The policies of row security.
select
  'policy' as kind,
  format('%I.%I: %I', n.nspname, c.relname, p.polname) as name,
  concat_ws(
    E'\n',
    case when p.polpermissive then 'permissive' else 'restrictive' end,
    'for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
    'to ' || (
      select string_agg(who, ', ' order by who collate "C")
      from (
        select case given.role when 0 then 'public' when main.nspowner then 'the owner' else given.role::regrole::text end as who
        from unnest(p.polroles) as given (role)
      ) as roles
    ),
    'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'with check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
  ) as definition
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_namespace main on main.nspname = 'app_public'
where n.nspname like 'app\_%' and n.nspname <> 'app_partitions';
