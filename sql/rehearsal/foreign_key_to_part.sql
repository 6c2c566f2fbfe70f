-- Foreign keys that hold for a part only: to one partition, so that rows of the others cannot be named; or to a partitioned table without
-- the workspace that both have, so that a row may name one of another tenant.
select
  'foreign_key_to_part' as name,
  'error' as severity,
  format('%I.%I: %I', n.nspname, c.relname, k.conname) as subject,
  case
    when f.relispartition then format('It points to %s, which is one partition: rows of the others cannot be named.', f.oid::regclass)
    else format('It points to the partitioned table %s without workspace_id.', f.oid::regclass)
  end as detail,
  'Point to the partitioned table, by a key that begins with workspace_id.' as remedy,
  'docs/operations/changes.md#foreign_key_to_part' as runbook
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class f on f.oid = k.confrelid
where k.contype = 'f' and k.conparentid = 0 and not c.relispartition
  and n.nspname in ('app_public', 'app_hidden', 'app_private')
  and (
    f.relispartition
    or f.relkind = 'p'
    and exists (
      select from pg_catalog.pg_attribute a where a.attrelid = k.conrelid and a.attname = 'workspace_id'
    )
    and exists (
      select from pg_catalog.pg_attribute a where a.attrelid = k.confrelid and a.attname = 'workspace_id' and a.attnum <> all (k.confkey)
    )
  )
order by subject;
