-- What an operator looks at first: sizes, partitions, dead rows and how often a read was answered from memory, from
-- PostgreSQL's own statistics. It shows no content and no tenant. Not for users: only the monitor and administrators.
create or replace function app_public.performance_stats()
returns table (relation text, partitions bigint, total_bytes bigint, live_rows bigint, dead_rows bigint, cache_hit_ratio numeric, index_hit_ratio numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    format('%s.%s', n.nspname, c.relname),
    count(*) filter (where leaf.relid <> c.oid),
    sum(pg_total_relation_size(leaf.relid))::bigint,
    sum(s.n_live_tup)::bigint,
    sum(s.n_dead_tup)::bigint,
    round(sum(io.heap_blks_hit) / nullif(sum(io.heap_blks_hit + io.heap_blks_read), 0), 4),
    round(sum(io.idx_blks_hit) / nullif(sum(io.idx_blks_hit + io.idx_blks_read), 0), 4)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select c.oid as relid where c.relkind = 'r'
    union all
    select t.relid::oid from pg_partition_tree(c.oid) as t where c.relkind = 'p' and t.isleaf
  ) as leaf
  left join pg_stat_all_tables s on s.relid = leaf.relid
  left join pg_statio_all_tables io on io.relid = leaf.relid
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'pgboss') and c.relkind in ('r', 'p') and not c.relispartition
  group by n.nspname, c.relname
  order by 3 desc, 1;
$$;
comment on function app_public.performance_stats() is 'Per table: partitions, size in bytes, live and dead rows, and the share of reads that memory answered.';
grant execute on function app_public.performance_stats() to colloquy_admin, colloquy_monitor;
