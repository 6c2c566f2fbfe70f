-- Row-level security holds for each table, also for its owner, and no request role reaches a partition by its own name.
select 'row_level_security' as name, 'error' as severity, found.subject, found.detail, found.remedy, 'docs/operations/restore.md#row_level_security' as runbook
from (
  select
    format('%I.%I', n.nspname, c.relname) as subject,
    case when c.relrowsecurity then 'Row-level security does not hold for the owner of the table.' else 'Row-level security is off.' end as detail,
    format('alter table %1$I.%2$I enable row level security; alter table %1$I.%2$I force row level security;', n.nspname, c.relname) as remedy
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private')
    and c.relkind in ('r', 'p') and not c.relispartition and not (c.relrowsecurity and c.relforcerowsecurity)
  union all
  select
    format('schema app_partitions, %s', role),
    'It may use the schema of partitions, where the security of their parents does not hold.',
    format('revoke all on schema app_partitions from %I;', role)
  from unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as role
  where pg_catalog.has_schema_privilege(role, 'app_partitions', 'usage')
) as found
order by found.subject;
