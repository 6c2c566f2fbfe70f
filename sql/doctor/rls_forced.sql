-- Tables of ours without row-level security, or whose owner it does not hold for. A partition is left out: it is
-- protected by its schema, see partitions_closed.sql.
select
  'rls_forced' as name,
  'error' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  case when c.relrowsecurity then 'Row-level security does not hold for the owner of the table.' else 'Row-level security is off.' end as detail,
  format('alter table %1$I.%2$I enable row level security; alter table %1$I.%2$I force row level security;', n.nspname, c.relname) as remedy,
  'docs/doctor.md#rls_forced' as runbook
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and c.relkind in ('r', 'p')
  and not c.relispartition
  and not (c.relrowsecurity and c.relforcerowsecurity)
order by subject;
