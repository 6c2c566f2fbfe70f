-- Sequences that come to the end of their numbers, or of the column that they fill: the next insert fails, and widening the column rewrites the table.
with limits as (
  select
    0.7 as warning_share, -- time to plan a rewrite
    0.9 as error_share
)
select
  'sequences_near_end' as name,
  case when s.last_value >= limits.error_share * s.max_value then 'error' else 'warning' end as severity,
  s.sequence_name as subject,
  format('It is at %s of %s%s.', s.last_value, s.max_value, coalesce(', of the column ' || s.column_name, '')) as detail,
  'A migration that makes the column bigint, and the sequence as well: alter sequence … as bigint.' as remedy,
  'docs/doctor.md#sequences_near_end' as runbook
from limits
cross join app_hidden.sequence_use() s
where s.last_value >= limits.warning_share * s.max_value
order by s.last_value / s.max_value::numeric desc, subject;
