-- Policies that let a request role read or write every row.
select
  'policy_allows_all' as name,
  'error' as severity,
  format('%I.%I: %I', n.nspname, c.relname, p.polname) as subject,
  format('Every row is allowed to %s.', (
    select string_agg(coalesce(r.rolname, 'public'), ', ' order by r.rolname)
    from unnest(p.polroles) as role (oid)
    left join pg_catalog.pg_roles r on r.oid = role.oid
    where role.oid = 0 or r.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin')
  )) as detail,
  'Compare the row with app_hidden.current_workspace_id() and app_hidden.current_user_id(), each inside (select …).' as remedy,
  'docs/doctor.md#policy_allows_all' as runbook
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and p.polpermissive
  and 'true' in (pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  and exists (
    select from unnest(p.polroles) as role (oid)
    left join pg_catalog.pg_roles r on r.oid = role.oid
    where role.oid = 0 or r.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin')
  )
order by subject;
