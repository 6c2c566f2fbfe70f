-- extension: pg_stat_statements
-- Statements that take long each time, by their mean; their text has no values. The ten that took most time of all.
with limits as (
  select
    500 as most_ms, -- a search is to answer within 300 ms
    20 as least_calls -- what runs less often is maintenance
),
statements as (
  select s.queryid, pg_catalog.pg_get_userbyid(s.userid) as login, s.query, s.calls, s.mean_exec_time, s.total_exec_time
  from limits
  cross join pg_stat_statements s
  where s.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
    and s.calls >= limits.least_calls and s.mean_exec_time >= limits.most_ms
    -- those that are known to be long
    and s.query !~* '^\s*(vacuum|analyze|reindex|copy|create|refresh|cluster|alter|drop|lock|set|fetch|start_replication)\M'
  order by s.total_exec_time desc
  limit 10
)
select
  'statements_slow' as name,
  'warning' as severity,
  format('statement %s of %s', s.queryid, s.login) as subject,
  format(
    '%s calls took %s ms each: %s', s.calls, round(s.mean_exec_time::numeric), left(regexp_replace(s.query, '\s+', ' ', 'g'), 200)
  ) as detail,
  'Look at its plan (explain (analyze, buffers, generic_plan)); statistics_stale, dead_rows and sequential_scans say what makes plans bad.' as remedy,
  'docs/doctor.md#statements_slow' as runbook
from statements s
order by s.total_exec_time desc, subject;
