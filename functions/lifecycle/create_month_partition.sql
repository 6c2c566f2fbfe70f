-- Each month is one step: the new table is made and filled beside the old one, then attached. The locks are short.
--
-- A row that others refer to cannot simply move: the foreign key looks for it in the partition that it left (run on 18.6).
-- So children of moving messages let go of their parent for the length of the transaction.
create or replace function app_private.create_month_partition(parent_name text, month date)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
as $$
declare
  partition_name text := format('%s_%s', parent_name, to_char(month, 'YYYY_MM'));
  lower_bound uuid := app_hidden.uuidv7_floor(month::timestamp at time zone 'UTC');
  upper_bound uuid := app_hidden.uuidv7_floor((month + interval '1 month') at time zone 'UTC');
  column_names text;
  child_ids uuid[];
  parent_ids uuid[];
  moved bigint;
begin
  if to_regclass(format('app_partitions.%I', partition_name)) is not null then
    return 0;
  end if;

  perform app_private.lock_for_attaching(parent_name);
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into column_names
  from pg_attribute a
  where a.attrelid = format('app_public.%I', parent_name)::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';

  execute format('create table app_partitions.%I (like app_public.%I including defaults including generated including constraints)', partition_name, parent_name);

  if parent_name = 'messages' then
    select array_agg(child.id), array_agg(child.parent_id) into child_ids, parent_ids
    from app_partitions.messages_default as moving
    join app_public.messages as child on child.conversation_id = moving.conversation_id and child.parent_id = moving.id
    where moving.id >= lower_bound and moving.id < upper_bound;
    update app_public.messages set parent_id = null where id = any (child_ids);
  end if;

  execute format(
    'with moved as (delete from app_partitions.%I where id >= %L and id < %L returning %s)
     insert into app_partitions.%I (%4$s) select %4$s from moved',
    parent_name || '_default', lower_bound, upper_bound, column_names, partition_name
  );
  get diagnostics moved = row_count;
  execute format(
    'alter table app_public.%I attach partition app_partitions.%I for values from (%L) to (%L)',
    parent_name, partition_name, lower_bound, upper_bound
  );

  if child_ids is not null then
    update app_public.messages as child
    set parent_id = kept.parent_id
    from unnest(child_ids, parent_ids) as kept (child_id, parent_id)
    where child.id = kept.child_id;
  end if;
  return moved;
end
$$;
comment on function app_private.create_month_partition(text, date) is 'Makes the partition of a month (UTC), with the rows of that month that the default partition held. Returns how many moved.';
