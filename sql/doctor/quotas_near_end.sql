-- Workspaces and users that soon may store or use no more: whose, by id. At the end of a quota requests are refused, and somebody calls.
with limits as (
  select
    0.9 as warning_share -- of storage, which does not begin anew
)
select
  'quotas_near_end' as name,
  -- what begins anew with the next month or day is its owner's decision
  case when q.owner_kind = 'workspace' then 'warning' else 'info' end as severity,
  format('%s %s: %s', q.owner_kind, q.owner_id, q.quota) as subject,
  case q.quota
    when 'bytes' then format('%s of %s are stored.', pg_catalog.pg_size_pretty(q.used), pg_catalog.pg_size_pretty(q.most))
    else format('%s of %s are used.', trim_scale(q.used), trim_scale(q.most))
  end as detail,
  case q.owner_kind
    when 'workspace' then 'Ask its owners what can go, or give it more: setWorkspaceQuota, as an administrator of the installation.'
    when 'user' then 'It begins anew with the month; to give more: setAccountQuota, as an administrator of the installation.'
    else 'It begins anew with its period; who manages the workspace may change it: setUsageBudget.'
  end as remedy,
  'docs/doctor.md#quotas_near_end' as runbook
from limits
cross join lateral app_hidden.quotas_near_end(limits.warning_share) q
order by severity desc, q.used / nullif(q.most, 0) desc, subject;
