-- Views that show what their owner may see instead of what the caller may, and materialized views that a request role
-- may read: row-level security does not hold for either.
select
  'view_with_owner_rights' as name,
  'error' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  case c.relkind when 'v' then 'The view is not security_invoker.' else 'A request role may read the materialized view.' end as detail,
  case c.relkind
    when 'v' then format('alter view %I.%I set (security_invoker = true);', n.nspname, c.relname)
    else format('revoke all on %I.%I from colloquy_visitor, colloquy_user, colloquy_admin; and wrap it in a function.', n.nspname, c.relname)
  end as remedy,
  'docs/doctor.md#view_with_owner_rights' as runbook
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and (
    c.relkind = 'v' and not coalesce(
      (select option_value::boolean from pg_catalog.pg_options_to_table(c.reloptions) where option_name = 'security_invoker'), false
    )
    or c.relkind = 'm' and exists (
      select from unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as role
      where pg_catalog.has_table_privilege(role, c.oid, 'select')
    )
  )
order by subject;
