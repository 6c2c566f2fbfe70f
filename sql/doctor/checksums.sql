-- only: server
-- Damaged pages that the server met, and whether it can notice any at all.
select 'checksums' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#checksums' as runbook
from (
  select
    'error' as severity,
    coalesce(format('database %I', d.datname), 'shared tables') as subject,
    format(
      '%s pages did not match their checksum, the last one at %s.', d.checksum_failures,
      to_char(d.checksum_last_failure at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    ) as detail,
    'Take the disk for failing: restore the newest verified backup on another machine (npm run ops -- restore), and compare.' as remedy
  from pg_catalog.pg_stat_database d
  where d.checksum_failures > 0
  union all
  select
    'warning', 'data_checksums', 'A page that the disk damages is served as if it were right.',
    'With the server stopped: pg_checksums --enable'
  where pg_catalog.current_setting('data_checksums') = 'off'
) as found
order by found.subject;
