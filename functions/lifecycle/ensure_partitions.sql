-- Keeps the partitions of every table that is partitioned by range on its UUID version 7, from the catalogue, so that a new table is
-- covered by itself: the months ahead, what became of rows that no partition took (a clock that jumped, imports before there was a
-- partition for history), and the time before the first month. This is maintenance: no request makes a partition.
--
-- A step that cannot have its locks raises 55P03 and is tried again by the next run; what was done before stays done. Only one run at a
-- time: another returns nothing.
create or replace function app_hidden.ensure_partitions(months_ahead integer default 3, max_partitions integer default null)
returns table (parent text, partition text, moved bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- what one step moves: its locks last some microseconds a row
  max_rows constant integer := least(greatest(app_hidden.setting('partition_move_rows')::integer, 1), 1000000);
  next record;
  made integer := 0;
begin
  if months_ahead not between 0 and 120 then
    raise exception 'months_ahead is 0 to 120, not %.', months_ahead using errcode = 'CQ200', hint = 'Three months are the default.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0)) then
    return;
  end if;

  for parent in
    select c.relname
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
    where p.partstrat = 'r' and c.relnamespace = 'app_public'::regnamespace and a.attname = 'id' and p.partdefid <> 0
    order by c.relname
  loop
    loop
      select n.* into next from app_private.next_partition(parent, months_ahead, max_rows) as n;
      exit when next.partition is null;
      partition := next.partition;
      moved := app_private.create_range_partition(parent, next.partition, next.lower_bound, next.upper_bound);
      return next;
      made := made + 1;
      if made >= max_partitions then
        return;
      end if;
    end loop;
  end loop;
end
$$;
comment on function app_hidden.ensure_partitions(integer, integer) is
  'Makes the partitions of this month, the given number of months ahead, of rows in a default partition, and of the time before; at most max_partitions in this transaction, so that its locks end soon. Returns what it made.';
grant execute on function app_hidden.ensure_partitions(integer, integer) to colloquy_worker;
