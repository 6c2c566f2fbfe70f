-- Databases and collations whose order of letters is another one than when their indexes were built: after an upgrade of the operating
-- system, rows are then not found and unique ones come twice. The builtin provider, which Colloquy advises, never changes so.
select
  'collation_changed' as name,
  'error' as severity,
  x.subject,
  format('It was made with version %s of its collation; this machine has %s.', x.stored, x.actual) as detail,
  format(
    'reindex database %I; and then: alter %s refresh %sversion;', pg_catalog.current_database(), x.subject,
    case when x.is_database then 'collation ' else '' end
  ) as remedy,
  'docs/doctor.md#collation_changed' as runbook
from (
  select
    format('database %I', d.datname) as subject, true as is_database, d.datcollversion as stored,
    pg_catalog.pg_database_collation_actual_version(d.oid) as actual
  from pg_catalog.pg_database d
  where d.datname = pg_catalog.current_database()
  union all
  select format('collation %I.%I', n.nspname, c.collname), false, c.collversion, pg_catalog.pg_collation_actual_version(c.oid)
  from pg_catalog.pg_collation c
  join pg_catalog.pg_namespace n on n.oid = c.collnamespace
  -- only those that an index uses
  where c.collversion is not null and exists (select from pg_catalog.pg_index i where c.oid = any (i.indcollation))
) as x
where x.stored <> x.actual
order by x.subject;
