-- only: server
-- How often memory answers a read. What memory does not answer is read from the disk, or from the operating system's cache.
with limits as (
  select
    0.95 as least_ratio, -- below, a busy database waits for its disk
    1000000 as least_blocks -- 8 GB that were read: before, a cold start explains it
)
select
  'cache_hit_ratio' as name,
  'warning' as severity,
  format('database %I', d.datname) as subject,
  format(
    'Memory answered %s %% of %s reads since %s; shared_buffers is %s, the database %s.',
    round(100.0 * d.blks_hit / (d.blks_hit + d.blks_read), 1), d.blks_hit + d.blks_read,
    coalesce(to_char(d.stats_reset at time zone 'UTC', 'YYYY-MM-DD'), 'statistics began'), pg_catalog.current_setting('shared_buffers'),
    pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(d.datid))
  ) as detail,
  'Give the server more shared_buffers (npm run ops -- tune says how much), or find what reads so much: statements_slow, sequential_scans.' as remedy,
  'docs/doctor.md#cache_hit_ratio' as runbook
from limits
cross join pg_catalog.pg_stat_database d
where d.datname = pg_catalog.current_database()
  and d.blks_hit + d.blks_read >= limits.least_blocks
  and d.blks_hit < limits.least_ratio * (d.blks_hit + d.blks_read);
