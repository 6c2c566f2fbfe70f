-- only: server
-- The archive of write-ahead log: whether the last attempt failed, and how much waits. While it fails, a restore reaches the last
-- archived segment and no further, and the waiting segments fill the disk.
with limits as (
  select
    10 as most_waiting -- segments; 160 MB that are lost with the disk
),
archiver as (
  select
    a.*, pg_catalog.current_setting('archive_mode') as mode,
    (select count(*) from pg_catalog.pg_ls_archive_statusdir() f where f.name like '%.ready') as waiting
  from pg_catalog.pg_stat_archiver a
)
select
  'archiver_failing' as name,
  'error' as severity,
  'WAL archive' as subject,
  case
    when a.last_failed_time > coalesce(a.last_archived_time, '-infinity') then format(
        'Segment %s was refused at %s, the last of %s failures; %s segments wait. The last one that was archived: %s.',
        a.last_failed_wal, to_char(a.last_failed_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), a.failed_count, a.waiting,
        coalesce(to_char(a.last_archived_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'none')
      )
    else format('%s segments wait to be archived.', a.waiting)
  end as detail,
  'The server''s log says why: folder missing or full, rights, storage not reached. It tries again by itself. npm run ops -- doctor --check archiver_failing'
    as remedy,
  'docs/doctor.md#archiver_failing' as runbook
from limits
cross join archiver a
where a.mode <> 'off'
  and (a.last_failed_time > coalesce(a.last_archived_time, '-infinity') or a.waiting > limits.most_waiting);
