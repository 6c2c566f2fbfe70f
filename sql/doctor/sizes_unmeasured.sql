-- Without sizes of yesterday nothing is known of growth: no worker runs, or the job that takes them down fails.
select
  'sizes_unmeasured' as name,
  'warning' as severity,
  'history of sizes' as subject,
  format('Sizes were taken down last on %s.', max(d.day)) as detail,
  'See that a worker runs; or take them down now: npm run ops -- doctor --record' as remedy,
  'docs/doctor.md#sizes_unmeasured' as runbook
from app_hidden.database_days d
having max(d.day) < (now() at time zone 'UTC')::date - 2;
