-- Extensions whose files on this machine are newer than what the database uses, and versions of pgvector with a known fault.
with faults (extension, below, severity, fault) as (
  values
    ('vector', '0.8.2', 'error', 'A parallel build of an HNSW index writes beyond its memory (CVE-2026-3172).'),
    ('vector', '0.8.4', 'warning', 'A vacuum of an HNSW index may damage it, or fail with "hnsw graph not repaired".')
)
select 'extension_versions' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#extension_versions' as runbook
from (
  select
    'info' as severity,
    format('extension %I', e.extname) as subject,
    format('The database uses %s; the machine has %s.', e.extversion, a.default_version) as detail,
    format('alter extension %I update;', e.extname) as remedy
  from pg_catalog.pg_extension e
  join pg_catalog.pg_available_extensions a on a.name = e.extname
  where string_to_array(regexp_replace(a.default_version, '[^0-9.]', '', 'g'), '.')::integer[]
    > string_to_array(regexp_replace(e.extversion, '[^0-9.]', '', 'g'), '.')::integer[]
  union all
  select
    f.severity,
    format('extension %I %s', e.extname, e.extversion),
    f.fault,
    format(
      'Install version %s or later (Debian: postgresql-18-pgvector), then: alter extension %I update; and rebuild: npm run ops -- reindex',
      f.below, e.extname
    )
  from faults f
  join pg_catalog.pg_extension e on e.extname = f.extension
  where string_to_array(regexp_replace(e.extversion, '[^0-9.]', '', 'g'), '.')::integer[] < string_to_array(f.below, '.')::integer[]
) as found
order by found.subject, found.detail;
