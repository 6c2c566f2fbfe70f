-- Extensions of a version that is known to do harm. The version is that of the objects in the database; the library is that of the package.
select
  'extension_known_bad' as name,
  'error' as severity,
  format('%s %s', e.extname, e.extversion) as subject,
  bad.why as detail,
  format('Install a newer package, then as a superuser: alter extension %I update; Rebuild: %s', e.extname, bad.rebuild) as remedy,
  'docs/operations/changes.md#extension_known_bad' as runbook
from pg_catalog.pg_extension e
join (values
  ('vector', '{0,6,0}'::integer[], '{0,8,2}'::integer[],
    'Parallel builds of HNSW indexes write beyond a buffer (CVE-2026-3172): they may take the server down, or in data of others.',
    'npm run ops -- reindex --vector --again')
) as bad (name, since, fixed, why, rebuild) on bad.name = e.extname
where e.extversion ~ '^\d+(\.\d+)*$'
  and string_to_array(e.extversion, '.')::integer[] >= bad.since
  and string_to_array(e.extversion, '.')::integer[] < bad.fixed
order by 3;
