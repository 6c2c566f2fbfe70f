-- Drops one partition, in one transaction: what is asked before is asked again behind locks that keep the answer true. A policy or a hold that
-- is being set waits for it, or it for them; rows that are being written into the partition as well.
--
-- PostgreSQL detaches "concurrently" only where there is no default partition, and here there is one, since a clock that jumps must lose no row.
-- So others wait: for the locks, less than half a second, and for what is done under them, some milliseconds. A partition that no key refers
-- to is dropped as it is, which locks the table and nothing that it refers to.
create or replace function app_hidden.drop_partition(partition_name text, expected_rows bigint default null)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '400ms'
-- the check of keys that refer to a detached partition: by the other joins it reads the whole table (run on 18.6)
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  found_one record;
  state record;
  dropped bigint;
  is_referenced boolean;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0)) then
    raise exception 'Other maintenance of partitions is at work.' using errcode = 'CQ730', hint = 'Wait for its end: npm run ops -- jobs list.';
  end if;
  select p.* into found_one from app_private.range_partitions() p where p.partition = partition_name and not p.is_default;
  if not found then
    raise exception 'There is no partition %.', left(partition_name, 100) using errcode = 'CQ731', hint = 'npm run ops -- partitions lists them.';
  end if;
  execute format('lock table app_partitions.%I in share mode', partition_name);
  execute format('select count(*) from app_partitions.%I', partition_name) into dropped;
  if dropped <> expected_rows then
    raise exception '% has % rows, and % were exported.', partition_name, dropped, expected_rows
      using errcode = 'CQ733', hint = 'Export it anew: npm run ops -- partitions --run.';
  end if;
  lock table app_public.legal_holds, app_public.retention_policies in share mode;
  select v.* into state from app_private.partition_verdict(found_one.parent, partition_name, found_one.lower_bound, found_one.upper_bound) v;
  if state.verdict not in ('empty', 'expired') then
    raise exception '% is not dropped: %', partition_name, state.reason using errcode = 'CQ732', hint = 'npm run ops -- partitions says what keeps each.';
  end if;
  perform app_private.require_unheld_partition(format('app_partitions.%I', partition_name)::regclass);
  if dropped > 0 then
    perform app_private.log_dropped_rows(found_one.parent, partition_name, found_one.upper_bound);
  end if;
  is_referenced := exists (
    select from pg_constraint k where k.confrelid = format('app_public.%I', found_one.parent)::regclass and k.contype = 'f' and k.conparentid = 0
  );
  if is_referenced then
    execute format('analyze app_partitions.%I', partition_name);
  end if;
  perform app_private.lock_for_dropping(found_one.parent, is_referenced);
  if is_referenced then
    execute format('alter table app_public.%I detach partition app_partitions.%I', found_one.parent, partition_name);
  end if;
  execute format('drop table app_partitions.%I', partition_name);
  return dropped;
end
$$;
comment on function app_hidden.drop_partition(text, bigint) is
  'Drops a partition that is empty and old, or a month of a log that retention has ended, and returns its rows. Raises CQ730 when other maintenance is at work, CQ731 when there is none of the name, CQ732 when it is to be kept, CQ733 when it has not the expected rows, 55P03 when the table is busy.';
grant execute on function app_hidden.drop_partition(text, bigint) to colloquy_worker;
