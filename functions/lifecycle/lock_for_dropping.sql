-- The locks that dropping a partition takes, all of them and before anything is done. Whoever comes while it waits, waits behind it: so it
-- waits for the table a third of a second, for the others a twentieth each, and is not tried again in the same transaction, which holds the
-- locks of policies and holds. All of it is less than deadlock_timeout: where it stands in a circle with a writer, it is the one that gives up.
create or replace function app_private.lock_for_dropping(parent_name text, is_detached boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '300ms'
as $$
declare
  referenced regclass;
begin
  if not is_detached then
    execute format('lock table only app_public.%I in access exclusive mode', parent_name);
    return;
  end if;
  execute format('lock table app_public.%I in access exclusive mode', parent_name);
  -- a detached partition has keys of its own, and dropping those locks what they refer to
  perform set_config('lock_timeout', '50ms', true);
  for referenced in
    select distinct k.confrelid::regclass
    from pg_constraint k
    where k.conrelid = format('app_public.%I', parent_name)::regclass and k.contype = 'f' and k.conparentid = 0 and k.confrelid <> k.conrelid
    order by 1
  loop
    execute format('lock table %s in access exclusive mode', referenced);
  end loop;
end
$$;
comment on function app_private.lock_for_dropping(text, boolean) is
  'Locks a partitioned table, and with is_detached what it refers to. Raises 55P03 when they are busy.';
-- Deliberately not granted: app_hidden.drop_partition calls it.
