-- Each partition is one step: the table and its indexes are made beside the old one, then filled and attached. What holds others up are
-- the locks on the default partition and on what the table refers to; they last as long as moving the rows takes, which the caller
-- bounds. The default partition is looked through under its lock: a constraint that spares the look would refuse the writers of that
-- time from the moment it is there.
--
-- A row that others refer to cannot simply move: the foreign key looks for it in the partition that it left (run on 18.6). So children
-- that stay let go of their parent for the length of the transaction; those that move with it are looked for when it is attached.
-- No trigger counts a move: those of the table are for each statement that names it.
create or replace function app_private.create_range_partition(parent_name text, partition_name text, lower_bound uuid, upper_bound uuid)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '400ms'
as $$
declare
  column_names text;
  child_ids uuid[];
  parent_ids uuid[];
  moved bigint;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into column_names
  from pg_attribute a
  where a.attrelid = format('app_public.%I', parent_name)::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';

  execute format(
    'create table app_partitions.%I (like app_public.%I including defaults including generated including constraints including indexes)',
    partition_name, parent_name
  );
  perform app_private.lock_for_attaching(parent_name);
  if parent_name = 'messages' then
    select array_agg(child.id), array_agg(child.parent_id) into child_ids, parent_ids
    from app_partitions.messages_default as moving
    join app_public.messages as child on child.conversation_id = moving.conversation_id and child.parent_id = moving.id
    where moving.id >= lower_bound and moving.id < upper_bound and child.id >= upper_bound;
    update app_public.messages set parent_id = null where id = any (child_ids);
  end if;

  execute format(
    'with moved as (delete from app_partitions.%I where id >= %L and id < %L returning %s)
     insert into app_partitions.%I (%4$s) select %4$s from moved',
    parent_name || '_default', lower_bound, upper_bound, column_names, partition_name
  );
  get diagnostics moved = row_count;
  if lower_bound = '00000000-0000-0000-0000-000000000000' then
    execute format(
      'alter table app_public.%I attach partition app_partitions.%I for values from (minvalue) to (%L)', parent_name, partition_name, upper_bound
    );
  else
    execute format(
      'alter table app_public.%I attach partition app_partitions.%I for values from (%L) to (%L)',
      parent_name, partition_name, lower_bound, upper_bound
    );
  end if;
  if child_ids is not null then
    update app_public.messages as child
    set parent_id = kept.parent_id
    from unnest(child_ids, parent_ids) as kept (child_id, parent_id)
    where child.id = kept.child_id;
  end if;
  return moved;
end
$$;
comment on function app_private.create_range_partition(text, text, uuid, uuid) is
  'Makes the partition of a range of ids, with the rows of it that the default partition held. Returns how many moved. Raises 55P03 when the tables are busy.';
-- Deliberately not granted: app_hidden.ensure_partitions calls it.
