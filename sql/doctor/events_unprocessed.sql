-- Events of other systems that wait for long to become knowledge. What a spent budget holds back is its owner's decision, and good to know.
with limits as (
  select
    interval '1 hour' as warning_after -- seconds, when a worker runs
)
select
  'events_unprocessed' as name,
  case when e.is_held_back then 'info' else 'warning' end as severity,
  format('workspace %s', e.workspace_id) as subject,
  format(
    '%s events wait, the oldest since %s; %s were tried.%s', e.events, to_char(e.oldest_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), e.tried,
    case when e.is_held_back then ' A budget has no room for their summaries.' else '' end
  ) as detail,
  'See that a worker runs and what its job process-events says: npm run ops -- jobs list; what failed is tried again by retryEvents.' as remedy,
  'docs/doctor.md#events_unprocessed' as runbook
from limits
cross join app_hidden.events_waiting() e
where e.oldest_at <= now() - limits.warning_after
order by e.oldest_at, subject;
