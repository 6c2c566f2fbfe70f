-- only: server
-- Transactions that waited for each other, so that the server ended one. Those of Colloquy take locks in one order: it has none.
with limits as (
  select
    5 as least, -- one or two come from work by hand
    1.0 as most_per_day -- more is a pattern
)
select
  'deadlocks' as name,
  'warning' as severity,
  format('database %I', d.datname) as subject,
  format('%s deadlocks since %s.', d.deadlocks, to_char(d.stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail,
  'The server''s log names both statements of each (log_lock_waits = on shows the waits before). To count anew: select pg_catalog.pg_stat_reset();' as remedy,
  'docs/doctor.md#deadlocks' as runbook
from limits
cross join lateral (
  select d.datname, d.deadlocks, coalesce(d.stats_reset, k.stats_reset) as stats_reset
  from pg_catalog.pg_stat_database d
  cross join pg_catalog.pg_stat_checkpointer k
  where d.datname = pg_catalog.current_database()
) as d
where d.deadlocks >= limits.least
  and d.deadlocks >= limits.most_per_day * extract(epoch from now() - d.stats_reset) / 86400;
