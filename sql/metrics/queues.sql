-- How long jobs wait, how many failed, and when a worker last looked after the queue.
select x.metric, x.labels, x.value
from app_hidden.queue_states(with_ends => true) as q
cross join lateral (
  values
    ('colloquy_queue_oldest_due_seconds', coalesce(greatest(extract(epoch from now() - q.oldest_due_at), 0), 0)::float8),
    ('colloquy_queue_day_failed', q.failed_today::float8),
    ('colloquy_queue_day_completed', q.completed_today::float8)
) as v (metric, value)
cross join lateral (select v.metric, jsonb_build_object('queue', q.queue) as labels, v.value) as x
union all
select 'colloquy_worker_seen_timestamp_seconds', '{}', coalesce(extract(epoch from max(b.cron_on)), 0)::float8 from pgboss.version b;
