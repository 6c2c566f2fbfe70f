-- only: server
-- Large tables that are read from end to end again and again: a query has no index, or the planner does not know better.
with limits as (
  select
    100000 as least_rows, -- smaller tables are read in a few milliseconds
    100 as least_scans, -- a dump reads each table once a night
    50000 as least_rows_per_scan -- scans that stop early are fine
),
tables as (
  select
    coalesce(pg_catalog.pg_partition_root(s.relid), s.relid) as oid, sum(s.seq_scan) as scans, sum(s.seq_tup_read) as rows_read,
    sum(s.n_live_tup) as live_rows, max(s.last_seq_scan) as last_scan, count(*) as parts
  from pg_catalog.pg_stat_all_tables s
  where s.schemaname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss')
  group by 1
)
select
  'sequential_scans' as name,
  'warning' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  format(
    'It has about %s rows and was read from end to end %s times, %s rows each, the last time %s.', x.live_rows, x.scans, round(x.rows_read / x.scans),
    to_char(x.last_scan at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  ) as detail,
  'Find the statement (statements_slow) and give it an index; then, to count anew: select pg_stat_reset_single_table_counters(…);' as remedy,
  'docs/doctor.md#sequential_scans' as runbook
from limits
cross join tables x
join pg_catalog.pg_class c on c.oid = x.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where x.live_rows >= limits.least_rows
  and x.scans >= limits.least_scans * x.parts
  and x.rows_read >= limits.least_rows_per_scan * x.scans
order by x.rows_read desc, subject;
