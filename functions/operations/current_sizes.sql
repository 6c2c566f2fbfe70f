-- What tables, partitions and indexes take on disk now: those of the application and of the queue. A table that is being changed is
-- waited for, as long as lock_timeout says.
create or replace function app_private.current_sizes()
returns table (kind text, name text, bytes bigint, row_estimate bigint)
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  with relations as materialized (
    select
      c.oid, c.relkind, c.relispartition, c.reltuples, format('%I.%I', n.nspname, c.relname) as name,
      coalesce(pg_partition_root(c.oid)::oid, c.oid) as root,
      case when c.relkind = 'i' then pg_relation_size(c.oid) else pg_table_size(c.oid) end as bytes
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss') and c.relkind in ('r', 'm', 'i')
  )

  select case r.relkind when 'i' then 'index' else 'table' end, format('%I.%I', n.nspname, c.relname), sum(r.bytes)::bigint,
    case when r.relkind <> 'i' then (sum(r.reltuples) filter (where r.reltuples >= 0))::bigint end
  from relations r
  join pg_class c on c.oid = r.root
  join pg_namespace n on n.oid = c.relnamespace
  group by 1, 2, r.relkind = 'i', r.relkind
  having r.relkind <> 'i' or sum(r.bytes) >= 1048576
  union all
  select 'partition', r.name, pg_total_relation_size(r.oid), case when r.reltuples >= 0 then r.reltuples::bigint end
  from relations r
  where r.relispartition and r.relkind = 'r' and pg_total_relation_size(r.oid) >= 1048576;
$$;
comment on function app_private.current_sizes() is 'Sizes on disk: tables with all their partitions, partitions with their indexes, and indexes.';
