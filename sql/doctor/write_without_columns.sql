-- Grants that let a request role write every column of a table, also one that is added later: insert and update are
-- granted by column.
select
  'write_without_columns' as name,
  'error' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  format('%s may %s every column.', coalesce(r.rolname, 'public'), string_agg(lower(a.privilege_type), ', ' order by a.privilege_type)) as detail,
  format('revoke insert, update on %I.%I from %s; and grant the columns.', n.nspname, c.relname, coalesce(quote_ident(r.rolname), 'public')) as remedy,
  'docs/doctor.md#write_without_columns' as runbook
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral pg_catalog.aclexplode(c.relacl) as a
left join pg_catalog.pg_roles r on r.oid = a.grantee
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and a.privilege_type in ('INSERT', 'UPDATE', 'TRUNCATE')
  and (a.grantee = 0 or r.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin'))
group by n.nspname, c.relname, r.rolname
order by subject;
