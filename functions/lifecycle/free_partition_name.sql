-- A partition is named after the month that it begins in, for people: nothing goes by the name.
create or replace function app_private.free_partition_name(parent_name text, lower_bound uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  base constant text := case
    when lower_bound > '00000000-0000-0000-0000-000000000000'
      then format('%s_%s', parent_name, to_char(uuid_extract_timestamp(lower_bound) at time zone 'UTC', 'YYYY_MM'))
    else parent_name || '_history'
  end;
  name text := base;
  n integer := 1;
begin
  while to_regclass(format('app_partitions.%I', name)) is not null loop
    n := n + 1;
    name := format('%s_%s', base, n);
  end loop;
  return name;
end
$$;
comment on function app_private.free_partition_name(text, uuid) is
  'A name for the partition that begins at an id, as messages_2026_11; messages_2026_11_2 for another that begins in the same month, messages_history for the one without a beginning.';
-- Deliberately not granted: app_private.next_partition calls it.
