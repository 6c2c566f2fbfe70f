-- Webhooks whose receivers do not answer: what happens reaches nobody there, and after days they are switched off.
with limits as (
  select interval '6 hours' as warning_after
)
select
  'webhooks_failing' as name,
  'warning' as severity,
  'webhook ' || w.webhook_id as subject,
  format(
    'The webhook %s of workspace %s fails since %s, %s times in a row; %s deliveries wait.', w.webhook_id, w.workspace_id,
    to_char(w.failing_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), w.failures, w.waiting
  ) as detail,
  'Tell the owners of the workspace; if many fail, see that the worker reaches the internet: docs/webhooks.md' as remedy,
  'docs/doctor.md#webhooks_failing' as runbook
from limits
cross join app_hidden.webhook_states() w
where w.failing_since <= now() - limits.warning_after
order by w.failing_since
limit 20;
