-- The rights of what is still to be made, where they differ from PostgreSQL's own: of the owner's objects, and in the
-- schemas of the application. An entry says everything, so that what it does not name was taken away.
select
  'defaults' as kind,
  concat_ws(
    ' ',
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
    'of', case d.defaclrole when main.nspowner then 'the owner' else d.defaclrole::regrole::text end,
    'in ' || n.nspname
  ) as name,
  (
    select string_agg(right_of, E'\n' order by right_of collate "C")
    from (
      select format(
        '%s to %s', lower(given.privilege_type),
        case given.grantee when 0 then 'public' when main.nspowner then 'the owner' else given.grantee::regrole::text end
      ) as right_of
      from pg_catalog.aclexplode(d.defaclacl) as given
    ) as rights
  ) as definition
from pg_catalog.pg_default_acl d
left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
left join pg_catalog.pg_namespace main on main.nspname = 'app_public'
where d.defaclrole = main.nspowner or n.nspname like 'app\_%';
