-- Providers that all workers leave alone at the moment: what needs them waits. One that asked for patience comes back by
-- itself; one that is misconfigured does not.
select
  'paused_providers' as name,
  case p.state when 'misconfigured' then 'error' else 'warning' end as severity,
  format('provider %s', p.provider) as subject,
  format('It is left alone until %s: %s', to_char(p.paused_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), p.reason) as detail,
  format('Correct what the reason says, then: npm run queue -- resume %s', p.provider) as remedy,
  'docs/doctor.md#paused_providers' as runbook
from app_public.provider_states() as p
where p.paused_until > now()
order by subject;
