-- Extensions whose objects are older than the library on the server, or whose library is not there.
select
  'extension_behind' as name,
  case when a.name is null then 'error' else 'warning' end as severity,
  e.extname as subject,
  case
    when a.name is null then 'The server does not have it any more: what uses it fails.'
    else format('The database has %s, the server %s.', e.extversion, a.default_version)
  end as detail,
  case when a.name is null then 'Install its package for this major version.' else format('As a superuser: alter extension %I update;', e.extname) end as remedy,
  'docs/operations/changes.md#extension_behind' as runbook
from pg_catalog.pg_extension e
left join pg_catalog.pg_available_extensions a on a.name = e.extname
where a.name is null or a.default_version <> e.extversion
order by e.extname;
