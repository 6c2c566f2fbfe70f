-- Partitions that hold nothing any more, or nothing that may be kept any longer, and that nothing drops: each is looked at by every plan that
-- cannot leave it out, and takes locks, and a month of a log that retention has ended is still there.
with limits as (
  select
    interval '40 days' as warning_after -- the job runs once a month
)
select
  'partitions_old' as name,
  'warning' as severity,
  format('app_public.%I', s.parent) as subject,
  format(
    '%s of its partitions should have been dropped, the oldest %s: %s', count(*), (array_agg(s.partition order by s.ends_at))[1],
    (array_agg(s.reason order by s.ends_at))[1]
  ) as detail,
  'npm run ops -- partitions --run. Why the monthly job does not: npm run ops -- jobs show drop-partitions' as remedy,
  'docs/doctor.md#partitions_old' as runbook
from limits
cross join app_hidden.partition_states() s
where s.verdict in ('empty', 'expired')
  and not exists (
    select from app_hidden.maintenance_runs r
    where r.task in ('drop-partitions', 'partitions') and r.outcome = 'succeeded' and r.started_at > now() - limits.warning_after
  )
group by s.parent
order by subject;
