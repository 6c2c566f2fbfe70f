-- Constraints that rows of before may break, or that nothing enforces: a migration that was not finished, or a check that was put aside.
select
  'constraint_unvalidated' as name,
  case when k.conenforced then 'warning' else 'error' end as severity,
  format('%I.%I: %I', n.nspname, c.relname, k.conname) as subject,
  case when k.conenforced then 'It holds for new rows; older ones were never compared with it.' else 'It is not enforced.' end as detail,
  case when k.conenforced then format('alter table %I.%I validate constraint %I;', n.nspname, c.relname, k.conname)
    else format('alter table %I.%I alter constraint %I enforced;', n.nspname, c.relname, k.conname)
  end as remedy,
  'docs/doctor.md#constraint_unvalidated' as runbook
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and k.conparentid = 0
  and not (k.convalidated and k.conenforced)
order by subject;
