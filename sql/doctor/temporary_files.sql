-- only: server
-- Sorts and hashes that did not fit into memory and were written to disk.
with limits as (
  select
    interval '1 day' as least_age, -- of the statistics: a single index build explains a first hour
    10 * 1024 ^ 3 as most_bytes_per_day -- some thousand queries that spill, or a few that are far too large
)
select
  'temporary_files' as name,
  'warning' as severity,
  format('database %I', d.datname) as subject,
  format(
    '%s temporary files of %s in all since %s; work_mem is %s.', d.temp_files, pg_catalog.pg_size_pretty(d.temp_bytes),
    to_char(d.stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), pg_catalog.current_setting('work_mem')
  ) as detail,
  'Find the statements (log_temp_files = ''10MB'', or temp_blks_written of pg_stat_statements); then raise work_mem for their role alone.' as remedy,
  'docs/doctor.md#temporary_files' as runbook
from limits
cross join lateral (
  select d.datname, d.temp_files, d.temp_bytes, coalesce(d.stats_reset, k.stats_reset) as stats_reset
  from pg_catalog.pg_stat_database d
  cross join pg_catalog.pg_stat_checkpointer k
  where d.datname = pg_catalog.current_database()
) as d
where now() - d.stats_reset >= limits.least_age
  and d.temp_bytes >= limits.most_bytes_per_day * extract(epoch from now() - d.stats_reset) / 86400;
