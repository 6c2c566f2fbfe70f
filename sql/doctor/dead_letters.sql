-- Passages that were given up: they are found by their words alone, and nothing tries them again by itself. And texts that
-- could not be cut into passages: they are not found at all.
select
  'dead_letters' as name,
  'warning' as severity,
  format('embedding version %s, workspace %s', v.name, f.workspace_id) as subject,
  format('%s passages were given up, the last one so: %s', count(*), (array_agg(f.code || ', ' || f.error order by f.failed_at desc))[1]) as detail,
  format('Correct what the reason says, then: npm run queue -- redrive --workspace %s', f.workspace_id) as remedy,
  'docs/doctor.md#dead_letters' as runbook
from app_hidden.embedding_failures f
join app_public.embedding_versions v on v.id = f.version_id and v.status in ('building', 'active')
where f.is_dead
group by v.name, f.workspace_id
union all
select
  'dead_letters',
  'warning',
  format('texts without passages, workspace %s', f.workspace_id),
  format('%s could not be cut into passages and were given up, the last one so: %s', count(*), (array_agg(f.code || ', ' || f.error order by f.failed_at desc))[1]),
  format('Correct what the reason says, then: npm run queue -- redrive --workspace %s', f.workspace_id),
  'docs/doctor.md#dead_letters'
from app_hidden.cutting_failures f
where f.is_dead
group by f.workspace_id
order by subject;
