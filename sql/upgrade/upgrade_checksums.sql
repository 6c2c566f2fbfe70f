-- Checksums of pages: both clusters of an upgrade must have them or not have them, and a new one has them.
select
  'upgrade_checksums' as name,
  'warning' as severity,
  'data_checksums' as subject,
  'This cluster has none: a new one must be made with --no-data-checksums, and a flipped bit is not noticed.' as detail,
  'With the server stopped: pg_checksums --enable -D FOLDER. It reads and writes everything once.' as remedy,
  'docs/operations/changes.md#upgrade_checksums' as runbook
where current_setting('data_checksums') = 'off';
