-- Keeps the monthly partitions of every table that is partitioned by range on its UUID version 7, from the catalogue, so
-- that a new table is covered by itself. Rows that came in for a month without a partition (imports of history, a clock
-- that jumped) wait in the default partition; they are moved to where they belong.
--
-- lock_timeout bounds the wait for locks: a step that cannot have its lock raises 55P03 and is tried again by the next run.
-- Only one run at a time: another returns nothing.
create or replace function app_hidden.ensure_partitions(months_ahead integer default 3, max_partitions integer default null)
returns table (parent text, partition text, moved bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  month date;
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
    for month in
      execute format(
        'select generate_series(date_trunc(''month'', now() at time zone ''UTC''), date_trunc(''month'', now() at time zone ''UTC'') + make_interval(months => %s), ''1 month'')::date
         union
         select distinct date_trunc(''month'', uuid_extract_timestamp(id) at time zone ''UTC'')::date from app_partitions.%I
         order by 1',
        months_ahead, parent || '_default'
      )
    loop
      partition := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
      if to_regclass(format('app_partitions.%I', partition)) is null then
        moved := app_private.create_month_partition(parent, month);
        return next;
        made := made + 1;
        if made >= max_partitions then
          return;
        end if;
      end if;
    end loop;
  end loop;
end
$$;
comment on function app_hidden.ensure_partitions(integer, integer) is
  'Makes the partitions of this month, the given number of months ahead, and every month that rows in a default partition belong to; at most max_partitions in this transaction, so that its locks end soon. Returns what it made.';
grant execute on function app_hidden.ensure_partitions(integer, integer) to colloquy_worker;
