-- only: server
-- Checkpoints that come because max_wal_size is full and not because time is over: each makes every page be logged whole once more.
with limits as (
  select
    0.5 as most_share, -- of all that were asked for by writes
    interval '10 minutes' as least_distance, -- fewer harm nobody
    20 as least -- before, a load explains it
)
select
  'checkpoints_frequent' as name,
  'warning' as severity,
  'max_wal_size' as subject,
  format(
    '%s of %s checkpoints since %s came because it was full; it is %s.', k.num_requested, k.num_requested + k.num_timed,
    to_char(k.stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), pg_catalog.current_setting('max_wal_size')
  ) as detail,
  format(
    'alter system set max_wal_size = ''%sMB''; select pg_catalog.pg_reload_conf(); select pg_catalog.pg_stat_reset_shared(''checkpointer'');',
    4 * (select s.setting::integer from pg_catalog.pg_settings s where s.name = 'max_wal_size')
  ) as remedy,
  'docs/doctor.md#checkpoints_frequent' as runbook
from limits
cross join pg_catalog.pg_stat_checkpointer k
where k.num_requested >= limits.least
  and k.num_requested > limits.most_share * (k.num_requested + k.num_timed)
  and (now() - k.stats_reset) / k.num_requested < limits.least_distance;
