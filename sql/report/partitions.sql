-- Partitioned tables: how many partitions, how large, and until when there are some for what will be written.
with leaves as (
  select
    pg_catalog.pg_partition_root(c.oid)::oid as root, pg_catalog.pg_total_relation_size(c.oid) as bytes, greatest(c.reltuples, 0) as tuples,
    p.partdefid = c.oid as is_default, p.partstrat,
    (regexp_match(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''([0-9a-f-]{36})''\)'))[1]::uuid as upper_bound
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'app_partitions'
  join pg_catalog.pg_inherits i on i.inhrelid = c.oid
  left join pg_catalog.pg_partitioned_table p on p.partrelid = i.inhparent
  where c.relispartition and c.relkind = 'r'
)

select
  format('%I.%I', n.nspname, r.relname) as name, count(*)::int as partitions, sum(l.bytes)::float8 as bytes, sum(l.tuples)::float8 as rows,
  max(l.bytes)::float8 as "largestBytes",
  (sum(l.bytes) filter (where l.is_default))::float8 as "defaultBytes",
  pg_catalog.uuid_extract_timestamp(max(l.upper_bound::text)::uuid) as until
from leaves l
join pg_catalog.pg_class r on r.oid = l.root
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
group by n.nspname, r.relname
order by sum(l.bytes) desc;
