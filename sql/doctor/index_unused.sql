-- Large indexes that no query has read for long. Those that are unique or serve a foreign key are left out: they do their work without
-- being read. Only where statistics are old enough to know, and never more than a hint: a query may be rare and matter.
with limits as (
  select
    interval '60 days' as unread_for, -- two closings of a month, so that monthly reports were seen
    100 * 1024 * 1024 as least_bytes -- smaller ones cost too little to think about
),
counted as (
  select greatest(d.stats_reset, k.stats_reset, (select min(m.date) from graphile_migrate.migrations m)) as since
  from pg_catalog.pg_stat_database d
  cross join pg_catalog.pg_stat_checkpointer k
  where d.datname = pg_catalog.current_database()
),
indexes as (
  select
    coalesce(pg_catalog.pg_partition_root(s.indexrelid), s.indexrelid) as oid,
    sum(s.idx_scan) as scans, max(s.last_idx_scan) as last_scan, sum(pg_catalog.pg_relation_size(s.indexrelid))::bigint as bytes
  from pg_catalog.pg_stat_all_indexes s
  where s.schemaname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  group by 1
)
select
  'index_unused' as name,
  'info' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  format(
    'No query has read it since %s; it takes %s.',
    to_char(coalesce(x.last_scan, counted.since) at time zone 'UTC', 'YYYY-MM-DD'), pg_catalog.pg_size_pretty(x.bytes)
  ) as detail,
  format('drop index%s %I.%I;', case c.relkind when 'I' then '' else ' concurrently' end, n.nspname, c.relname) as remedy,
  'docs/doctor.md#index_unused' as runbook
from limits
cross join counted
cross join indexes x
join pg_catalog.pg_index i on i.indexrelid = x.oid and not i.indisunique
join pg_catalog.pg_class c on c.oid = x.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where counted.since <= now() - limits.unread_for
  and coalesce(x.last_scan, '-infinity') <= now() - limits.unread_for
  and x.bytes >= limits.least_bytes
  and not exists (
    select from pg_catalog.pg_constraint k
    where k.contype = 'f' and k.conrelid = i.indrelid and i.indkey[0] = any (k.conkey)
  )
order by x.bytes desc, subject;
