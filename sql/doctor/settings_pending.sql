-- only: server
-- Settings that were changed and wait for a restart: what is configured is not what runs, and the next restart changes it at a bad time.
select
  'settings_pending' as name,
  'warning' as severity,
  s.name as subject,
  format('It is %s until the server is restarted, and something else in %s.', s.setting, coalesce(s.sourcefile, 'the configuration')) as detail,
  format(
    'Restart the server in a quiet moment, or take the change back: alter system set %I = %L; select pg_catalog.pg_reload_conf();', s.name, s.setting
  ) as remedy,
  'docs/doctor.md#settings_pending' as runbook
from pg_catalog.pg_settings s
where s.pending_restart
order by s.name;
