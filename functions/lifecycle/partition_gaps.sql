-- The ids of a table that no partition takes but the default one, as the catalogue says: maintenance decides by ranges, never by names.
create or replace function app_private.partition_gaps(parent_name text)
returns table (lower_bound uuid, upper_bound uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with taken as (
    select p.lower_bound as "from", p.upper_bound as "to" from app_private.range_partitions() p where p.parent = parent_name and not p.is_default
    union all
    select 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff'
  ),
  gaps as (
    select coalesce(lag(t."to") over (order by t."from"), '00000000-0000-0000-0000-000000000000') as lower_bound, t."from" as upper_bound
    from taken t
  )
  select g.lower_bound, g.upper_bound from gaps g where g.lower_bound < g.upper_bound order by g.lower_bound;
$$;
comment on function app_private.partition_gaps(text) is 'The ranges of ids of a table that only its default partition takes, in order.';
-- Deliberately not granted: app_private.next_partition calls it.
