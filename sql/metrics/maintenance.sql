-- When backups, checks and retention last succeeded, and what should have been removed.
select 'colloquy_run_success_timestamp_seconds' as metric, jsonb_build_object('task', r.task) as labels, extract(epoch from max(r.finished_at))::float8 as value
from app_hidden.maintenance_runs r
where r.outcome = 'succeeded'
group by r.task
union all
-- an alarm about a backup that never was needs a series, too
select 'colloquy_run_success_timestamp_seconds', jsonb_build_object('task', t.task), 0
from (values ('backup'), ('restore-drill')) as t (task)
where not exists (select from app_hidden.maintenance_runs r where r.task = t.task and r.outcome = 'succeeded')
union all
select 'colloquy_run_day_failures', jsonb_build_object('task', r.task), count(*)::float8
from app_hidden.maintenance_runs r
where r.outcome = 'failed' and r.started_at > now() - interval '1 day'
group by r.task
union all
select 'colloquy_expired_waiting', jsonb_build_object('kind', e.kind), e.waiting::float8 from app_hidden.expiry_backlog() as e;
