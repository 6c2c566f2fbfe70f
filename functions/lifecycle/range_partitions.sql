-- Every table that is partitioned by range on its UUID version 7, with its partitions and their bounds, from the catalogue: nothing goes by
-- the name of a partition.
-- Not inlined: a condition on a bound would be asked of partitions of other types, before what leaves those out.
create or replace function app_private.range_partitions()
returns table (parent text, partition text, lower_bound uuid, upper_bound uuid, is_default boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    c.relname::text, part.relname::text,
    case when b.expression <> 'DEFAULT' then coalesce(substring(b.expression from $x$FROM \('([^']+)'$x$)::uuid, '00000000-0000-0000-0000-000000000000') end,
    case when b.expression <> 'DEFAULT' then coalesce(substring(b.expression from $x$TO \('([^']+)'$x$)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') end,
    b.expression = 'DEFAULT'
  from pg_partitioned_table p
  join pg_class c on c.oid = p.partrelid
  join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
  join pg_inherits i on i.inhparent = c.oid
  join pg_class part on part.oid = i.inhrelid
  cross join lateral (select pg_get_expr(part.relpartbound, part.oid) as expression) as b
  where p.partstrat = 'r' and c.relnamespace = 'app_public'::regnamespace and a.atttypid = 'uuid'::regtype;
$$;
comment on function app_private.range_partitions() is 'The partitions of every table that is partitioned by range on its id; the least and the greatest UUID where a bound is open.';
-- Deliberately not granted: what maintains partitions calls it.
