-- What there is in partitions, and what would go: the list that ops partitions shows, and that the job works on.
create or replace function app_hidden.partition_states()
returns table (
  parent text, partition text, begins_at timestamptz, ends_at timestamptz, estimated_rows bigint, bytes bigint, verdict text, reason text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select
    p.parent, p.partition, uuid_extract_timestamp(p.lower_bound), uuid_extract_timestamp(p.upper_bound),
    case when c.reltuples >= 0 then c.reltuples::bigint end, pg_total_relation_size(c.oid), v.verdict, v.reason
  from app_private.range_partitions() p
  join pg_class c on c.relnamespace = 'app_partitions'::regnamespace and c.relname = p.partition
  cross join lateral app_private.partition_verdict(p.parent, p.partition, p.lower_bound, p.upper_bound) as v
  order by p.parent, p.is_default, p.lower_bound;
end
$$;
comment on function app_hidden.partition_states() is
  'Every partition of a table that is partitioned by time: its range, rows by the last statistics, size, default, current, kept, empty or expired (the last two may be dropped), and why.';
grant execute on function app_hidden.partition_states() to colloquy_worker, colloquy_monitor;
