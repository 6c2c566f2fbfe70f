-- Texts that wait for long to be cut into passages: until then a search does not find them at all. What failed and was given up is in
-- dead_letters, passages without a vector in indexing_lag.
with limits as (
  select
    interval '1 hour' as warning_after -- seconds, when a worker runs
)
select
  'sources_unindexed' as name,
  'warning' as severity,
  format(
    'workspace %s, %s', s.workspace_id,
    case s.source_type when 'message' then 'conversations' when 'memory' then 'memories' else s.source_type || 's' end
  ) as subject,
  format(
    '%s%s wait, the oldest since %s.', case when s.sources >= 1000 then 'More than ' else '' end, s.sources,
    to_char(s.oldest_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  ) as detail,
  'See that a worker runs: npm run queue -- status; it finds what was lost by itself, within a minute (sweep-unindexed).' as remedy,
  'docs/doctor.md#sources_unindexed' as runbook
from limits
cross join app_hidden.sources_behind() s
where s.oldest_at <= now() - limits.warning_after
order by s.oldest_at, subject;
