-- How long the queues are, as the queue last counted them.
select q.name, q.queued_count as waiting, q.deferred_count as deferred, q.active_count as active, q.failed_count as failed
from pgboss.queue q
order by q.queued_count + q.active_count desc, q.failed_count desc, q.name;
