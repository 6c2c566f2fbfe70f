-- only: server
-- Sessions that hold others up: who waits, since when, and who is at the head of the queue. Only heads are named, since ending one
-- in the middle helps nobody.
with recursive limits as (
  select
    interval '10 seconds' as warning_after, -- our own statements give up a lock after less
    interval '1 minute' as error_after -- requests fail by then
),
waiting as (
  select l.pid, min(l.waitstart) as since, pg_catalog.pg_blocking_pids(l.pid) as blockers
  from pg_catalog.pg_locks l
  where not l.granted and l.waitstart is not null
  group by l.pid
),
queue as (
  select w.pid, w.since, b.pid as blocker, 1 as depth
  from waiting w
  cross join lateral unnest(w.blockers) as b (pid)
  union
  select q.pid, q.since, b.pid, q.depth + 1
  from queue q
  join waiting w on w.pid = q.blocker
  cross join lateral unnest(w.blockers) as b (pid)
  where q.depth < 20
),
heads as (
  select q.blocker, count(distinct q.pid) as waiters, min(q.since) as since, (array_agg(q.pid order by q.since))[1] as first_waiter
  from queue q
  where q.blocker not in (select w.pid from waiting w)
  group by q.blocker
)
select
  'sessions_blocked' as name,
  case when clock_timestamp() - h.since >= limits.error_after then 'error' else 'warning' end as severity,
  case when h.blocker = 0 then 'a prepared transaction' else format('process %s', h.blocker) end as subject,
  format(
    '%s sessions wait for it, the first one (process %s) since %s. It is %s%s.', h.waiters, h.first_waiter,
    to_char(h.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), coalesce(a.usename || ', ' || a.state, 'not connected'),
    coalesce(', in a transaction since ' || to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '')
  ) as detail,
  case when h.blocker = 0 then 'See prepared_transactions.' else format('select pg_catalog.pg_terminate_backend(%s);', h.blocker) end as remedy,
  'docs/doctor.md#sessions_blocked' as runbook
from limits
cross join heads h
left join pg_catalog.pg_stat_activity a on a.pid = h.blocker
where clock_timestamp() - h.since >= limits.warning_after
order by h.since, h.blocker;
