-- The largest tables and indexes now, each with all its partitions, and how fast they grow.
with relations as (
  select
    c.relkind, coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) as root,
    case when c.relkind = 'i' then pg_catalog.pg_relation_size(c.oid) else pg_catalog.pg_table_size(c.oid) end as bytes,
    greatest(c.reltuples, 0) as tuples
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss') and c.relkind in ('r', 'm', 'i')
),

sizes as (
  select
    case when r.relkind = 'i' then 'index' else 'table' end as kind, format('%I.%I', n.nspname, c.relname) as name,
    sum(r.bytes) as bytes, sum(r.tuples) as tuples
  from relations r
  join pg_catalog.pg_class c on c.oid = r.root
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  group by 1, 2
),

ranked as (
  select s.*, row_number() over (partition by s.kind order by s.bytes desc) as place
  from sizes s
)

select r.kind, r.name, r.bytes::float8 as bytes, r.tuples::float8 as rows, g.bytes_per_day as "bytesPerDay"
from ranked r
left join app_hidden.database_growth() as g on g.kind = r.kind and g.name = r.name
where r.place <= 12
order by r.kind desc, r.bytes desc;
