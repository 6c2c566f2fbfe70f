-- Scheduled jobs that were not completed for twice as long as their schedule lets pass. When none of those of each minute was, no worker
-- runs, and that alone is said.
with limits as (
  select
    2.0 as periods, -- one run that was missed is made up for by the next
    interval '15 minutes' as grace -- a restart, an update, a long job before it
),
schedules as (
  select q.queue, q.last_completed_at, coalesce(q.last_completed_at, q.scheduled_since) as since, min(p.period) as period, min(c.cron) as cron
  from app_hidden.queue_states(with_ends => true) q
  cross join lateral unnest(q.crons) as c (cron)
  cross join lateral (
    select regexp_split_to_array(btrim(c.cron), '\s+') as part
  ) as f
  cross join lateral (
    select case
      when f.part[5] <> '*' then interval '7 days'
      when f.part[3] <> '*' then interval '31 days'
      when f.part[2] ~ '^\*/\d+$' then make_interval(hours => substr(f.part[2], 3)::integer)
      when f.part[2] <> '*' then interval '1 day'
      when f.part[1] ~ '^\*/\d+$' then make_interval(mins => substr(f.part[1], 3)::integer)
      when f.part[1] <> '*' then interval '1 hour'
      else interval '1 minute'
    end as period
  ) as p
  group by q.queue, q.last_completed_at, q.scheduled_since
),
late as (
  select s.*, now() - s.since > limits.periods * s.period + limits.grace as is_late
  from limits
  cross join schedules s
),
worker as (
  select bool_and(l.is_late) as is_absent, max(l.since) as last_seen
  from late l
  where l.period <= interval '1 minute'
)
select 'jobs_late' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#jobs_late' as runbook
from (
  select
    'error' as severity, 'worker' as subject,
    format('No job of each minute was completed since %s: no worker runs.', to_char(w.last_seen at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail,
    'npm start, which has one in it, or npm start -- --worker-only; its log says why the last one ended.' as remedy
  from worker w
  where w.is_absent
  union all
  select
    'warning', format('job %s', l.queue),
    format(
      'Its schedule is "%s"; it was completed last %s.', l.cron,
      coalesce(to_char(l.last_completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'never')
    ),
    'npm run ops -- jobs list says what became of it; to run it now: npm run ops -- jobs run ' || l.queue
  from late l
  where l.is_late and not (select w.is_absent from worker w)
) as found
order by found.subject;
