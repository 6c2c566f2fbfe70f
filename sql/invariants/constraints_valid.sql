-- Rules that the database does not keep: constraints that were not checked or are not enforced, and triggers that are switched off.
select 'constraints_valid' as name, 'error' as severity, found.subject, found.detail, found.remedy, 'docs/operations/restore.md#constraints_valid' as runbook
from (
  select
    format('%s: %I', k.conrelid::regclass, k.conname) as subject,
    case when k.conenforced then 'The constraint was not checked for the rows that there are.' else 'The constraint is not enforced.' end as detail,
    format('alter table %s validate constraint %I;', k.conrelid::regclass, k.conname) as remedy
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_namespace n on n.oid = k.connamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions') and not (k.convalidated and k.conenforced)
  union all
  select
    format('%s: %I', t.tgrelid::regclass, t.tgname),
    'The trigger is switched off.',
    format('alter table %s enable trigger %I;', t.tgrelid::regclass, t.tgname)
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions') and t.tgenabled = 'D'
) as found
order by found.subject;
