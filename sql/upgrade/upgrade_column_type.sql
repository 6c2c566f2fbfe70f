-- Columns that hold object identifiers of the catalogue: pg_upgrade refuses them, since they are others in the new cluster.
select
  'upgrade_column_type' as name,
  'error' as severity,
  format('%I.%I.%I', n.nspname, c.relname, a.attname) as subject,
  format('pg_upgrade does not take columns of the type %s.', pg_catalog.format_type(a.atttypid, a.atttypmod)) as detail,
  'Keep the name as text.' as remedy,
  'docs/operations/changes.md#upgrade_column_type' as runbook
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'i') and a.attnum > 0 and not a.attisdropped
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_t'
  and a.atttypid in (
    'regproc'::regtype, 'regprocedure'::regtype, 'regoper'::regtype, 'regoperator'::regtype, 'regconfig'::regtype, 'regdictionary'::regtype,
    'regnamespace'::regtype, 'regcollation'::regtype, 'unknown'::regtype
  )
  and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by 3;
