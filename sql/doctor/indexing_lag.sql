-- Workspaces with a passage that has waited for its vector for more than an hour: no worker runs, a provider is paused, or
-- a budget is spent.
select
  'indexing_lag' as name,
  'warning' as severity,
  format('embedding version %s, workspace %s', l.version_name, l.workspace_id) as subject,
  format(
    '%s passages wait and %s are tried again, the oldest since %s.%s', l.pending_chunks, l.retrying_chunks,
    to_char(l.oldest_pending_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), coalesce(' Held back: ' || l.paused, '')
  ) as detail,
  'See that a worker runs, and why it waits: npm run queue -- status' as remedy,
  'docs/doctor.md#indexing_lag' as runbook
from app_public.indexing_lag(max_rows => 10000) as l
where l.oldest_pending_at < now() - interval '1 hour'
order by subject;
