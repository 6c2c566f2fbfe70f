-- What every role may use, also one that is made later: tables, sequences, views and materialized views with a grant to
-- public, and schemas of ours that public may use or create in.
select 'granted_to_everyone' as name, 'error' as severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#granted_to_everyone' as runbook
from (
  select
    format('%I.%I', n.nspname, c.relname) as subject,
    format('Every role may %s it.', string_agg(distinct lower(a.privilege_type), ', ' order by lower(a.privilege_type))) as detail,
    format('revoke all on %s %I.%I from public;', case c.relkind when 'S' then 'sequence' else 'table' end, n.nspname, c.relname) as remedy
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral pg_catalog.aclexplode(c.relacl) as a
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
    and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and a.grantee = 0
  group by n.nspname, c.relname, c.relkind
  union all
  select
    format('schema %I', n.nspname),
    format('Every role may %s it.', lower(a.privilege_type)),
    format('revoke all on schema %I from public;', n.nspname)
  from pg_catalog.pg_namespace n
  cross join lateral pg_catalog.aclexplode(n.nspacl) as a
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions') and a.grantee = 0
) as found
order by found.subject, found.detail;
