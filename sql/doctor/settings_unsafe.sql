-- only: server
-- Settings with which a crash, or time alone, damages data. Each is sometimes switched off for a load or a test, and forgotten.
select
  'settings_unsafe' as name, found.severity, found.subject, found.detail,
  format('alter system reset %I; select pg_catalog.pg_reload_conf();', found.subject) as remedy,
  'docs/doctor.md#settings_unsafe' as runbook
from (
  values
    ('fsync', 'off', 'error', 'After a power cut the database may be beyond repair.'),
    ('full_page_writes', 'off', 'error', 'After a power cut pages may be half old and half new.'),
    ('synchronous_commit', 'off', 'warning', 'A crash loses what was acknowledged in the last moment.'),
    ('zero_damaged_pages', 'on', 'error', 'A damaged page is emptied without a word.'),
    ('ignore_checksum_failure', 'on', 'error', 'Damaged pages are served.'),
    ('autovacuum', 'off', 'error', 'Dead rows pile up, and transaction ids run out.'),
    ('track_counts', 'off', 'error', 'Autovacuum does not know where to go, and these checks see nothing.'),
    ('track_activities', 'off', 'warning', 'Who does what and who waits for whom is not seen.'),
    ('session_replication_role', 'replica', 'error', 'No trigger fires and no foreign key holds.')
) as found (subject, bad, severity, detail)
join pg_catalog.pg_settings s on s.name = found.subject
-- what the server was started with; a session may have others
where coalesce(s.reset_val, s.setting) = found.bad
order by found.subject;
