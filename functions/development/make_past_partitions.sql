-- Old rows in bulk go where maintenance would bring them: a partition for each month, made before there are rows to move. The partition
-- for all of the past is in the way; it goes when it is empty, and ensure_partitions makes a new one for the time before. With rows in
-- it, it stays, and takes what is older. Deliberately granted to nobody: the owner loads, and a request never makes a partition.
create or replace function app_private.make_past_partitions(parent_name text, since timestamptz, until timestamptz)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  past text;
  is_empty boolean;
  gap record;
  month timestamp;
  lower_bound uuid;
  upper_bound uuid;
  made integer := 0;
begin
  select p.partition into past
  from app_private.range_partitions() p
  where p.parent = parent_name and p.lower_bound = '00000000-0000-0000-0000-000000000000';
  if past is not null then
    execute format('select not exists (select from app_partitions.%I)', past) into is_empty;
    if is_empty then
      execute format('alter table app_public.%I detach partition app_partitions.%I', parent_name, past);
      execute format('drop table app_partitions.%I', past);
    end if;
  end if;

  for gap in select g.* from app_private.partition_gaps(parent_name) as g
  loop
    for month in
      select generate_series(date_trunc('month', since at time zone 'UTC'), until at time zone 'UTC', interval '1 month')
    loop
      lower_bound := greatest(gap.lower_bound, app_hidden.uuidv7_floor(month at time zone 'UTC'));
      upper_bound := least(gap.upper_bound, app_hidden.uuidv7_floor((month + interval '1 month') at time zone 'UTC'));
      continue when lower_bound >= upper_bound;
      perform app_private.create_range_partition(parent_name, app_private.free_partition_name(parent_name, lower_bound), lower_bound, upper_bound);
      made := made + 1;
    end loop;
  end loop;
  return made;
end
$$;
comment on function app_private.make_past_partitions(text, timestamptz, timestamptz) is
  'Makes the monthly partitions of a span that only the default partition takes, or an empty one for all of the past. Returns how many.';
