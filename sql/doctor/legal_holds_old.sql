-- Legal holds that nobody may remember: what they keep only grows, and no retention, erasure or deletion of the workspace passes them.
with limits as (
  select
    interval '1 year' as looked_at_after -- what companies review their holds by
)
select
  'legal_holds_old' as name,
  'info' as severity,
  format('workspace %s', o.workspace_id) as subject,
  format('%s in force, the oldest since %s.', o.holds, to_char(o.oldest_at at time zone 'UTC', 'YYYY-MM-DD')) as detail,
  'Ask the owners of the workspace whether it is still needed; they see it as legalHolds and end it with releaseLegalHold.' as remedy,
  'docs/doctor.md#legal_holds_old' as runbook
from limits
cross join lateral app_hidden.old_legal_holds(limits.looked_at_after) as o
order by o.workspace_id;
