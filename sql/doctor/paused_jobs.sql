-- Jobs that somebody paused and that nobody has resumed: what they do is not done meanwhile.
select
  'paused_jobs' as name,
  'warning' as severity,
  format('job %s', p.queue) as subject,
  format(
    'It is paused since %s by %s%s.', to_char(p.paused_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), p.paused_by,
    coalesce(': ' || p.reason, '')
  ) as detail,
  format('When it may run again: npm run ops -- jobs resume %s', p.queue) as remedy,
  'docs/doctor.md#paused_jobs' as runbook
from app_hidden.paused_jobs p
order by p.paused_at;
