-- The locks that attaching a partition takes, all of them and before anything is touched. It waits for the default partition with nothing in
-- hand, and for each of the others a tenth of a second at most, which lets a writer end that is in the middle of something, and is less than
-- deadlock_timeout: where it stands in a circle with a writer, it is the one that gives up (without waiting at all, it never came through
-- between two that post and one that imports).
--
-- While it waits, what comes later waits behind it, readers included. So all of it is less than a second, and it lets others pass in between.
create or replace function app_private.lock_for_attaching(parent_name text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '300ms'
as $$
declare
  locks text[];
  deadline timestamptz := clock_timestamp() + interval '4 seconds';
begin
  -- the table itself among them, with its partitions, when its rows refer to each other
  select array_agg(format('lock table %s in share row exclusive mode', referenced.name) order by referenced.name)
  into locks
  from (
    select distinct k.confrelid::regclass::text as name
    from pg_constraint k
    where k.conrelid = format('app_public.%I', parent_name)::regclass and k.contype = 'f' and k.conparentid = 0
  ) as referenced;
  -- the default partition first: most writers look into it early, so that waiting for it drains them
  locks := format('lock table app_partitions.%I in access exclusive mode', parent_name || '_default') || locks;
  loop
    begin
      for i in 1 .. cardinality(locks) loop
        perform set_config('lock_timeout', case when i = 1 then '300ms' else '100ms' end, true);
        execute locks[i];
      end loop;
      exit;
    exception when lock_not_available then
      if clock_timestamp() > deadline then
        raise;
      end if;
      perform pg_sleep(0.5);
    end;
  end loop;
end
$$;
comment on function app_private.lock_for_attaching(text) is
  'Locks the default partition of a table and the tables that it refers to. Raises 55P03 when they are busy for some four seconds.';
-- Deliberately not granted: app_private.create_range_partition calls it.
