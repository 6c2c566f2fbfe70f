-- What retention should have deleted days ago, while nothing holds it: the policies promise that it is deleted.
select
  'retention_overdue' as name,
  'warning' as severity,
  r.kind as subject,
  format('They are kept for %s days, and one is of %s.', r.keep_days, to_char(r.oldest_at at time zone 'UTC', 'YYYY-MM-DD')) as detail,
  'See whether the job runs: npm run ops -- jobs show retention; delete by hand: npm run ops -- retention.' as remedy,
  'docs/doctor.md#retention_overdue' as runbook
from app_hidden.retention_overdue() r
order by r.kind;
