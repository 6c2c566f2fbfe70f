-- Passages that were given up: they are found by their words alone, and nothing tries them again by itself. And texts that
-- could not be cut into passages: they are not found at all.
select
  'dead_letters' as name,
  'warning' as severity,
  case d.kind
    when 'passage' then format('embedding version %s, workspace %s', d.version_name, d.workspace_id)
    else format('texts without passages, workspace %s', d.workspace_id)
  end as subject,
  format(
    case d.kind
      when 'passage' then '%s passages were given up, the last one %s with the code %s.'
      else '%s could not be cut into passages and were given up, the last one %s with the code %s.'
    end,
    d.given_up, to_char(d.last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), d.last_code
  ) as detail,
  format('See the reasons: npm run queue -- dead; correct them, then: npm run queue -- redrive --workspace %s', d.workspace_id) as remedy,
  'docs/doctor.md#dead_letters' as runbook
from app_hidden.dead_letters() as d
order by subject;
