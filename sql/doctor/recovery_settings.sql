-- only: server
-- Settings without which a lost disk costs everything since the last backup: they want a restart, so they are set before the night in which
-- they are missed.
select 'recovery_settings' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#recovery_settings' as runbook
from (
  values
    (
      'wal_level', 'warning', pg_catalog.current_setting('wal_level') = 'minimal',
      'With "minimal" there is no physical backup and no standby.', 'alter system set wal_level = ''replica''; then restart the server.'
    ),
    (
      'archive_mode', 'info', pg_catalog.current_setting('archive_mode') = 'off',
      'No write-ahead log is archived: a restore reaches the last backup, and no time after it.', 'npm run ops -- backup init'
    ),
    (
      'archive_library', 'error',
      pg_catalog.current_setting('archive_mode') <> 'off'
        and pg_catalog.current_setting('archive_library') = '' and pg_catalog.current_setting('archive_command') in ('', '(disabled)'),
      'archive_mode is on, and nothing says where to: segments are kept until the disk is full.', 'npm run ops -- backup init'
    ),
    (
      'archive_timeout', 'info', pg_catalog.current_setting('archive_mode') <> 'off' and pg_catalog.current_setting('archive_timeout') = '0',
      'A segment is archived when it is full: on a quiet day its hours are lost with the disk.',
      'alter system set archive_timeout = ''60s''; select pg_catalog.pg_reload_conf();'
    ),
    (
      'summarize_wal', 'info', pg_catalog.current_setting('summarize_wal') = 'off',
      'There are no incremental backups without it.', 'alter system set summarize_wal = on; select pg_catalog.pg_reload_conf();'
    )
) as found (subject, severity, is_so, detail, remedy)
where found.is_so
order by found.subject;
