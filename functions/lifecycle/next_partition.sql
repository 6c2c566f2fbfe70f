-- What maintenance makes next. First the months ahead: the sooner they are there, the fewer rows stray. Then the month of the oldest row
-- in the default partition; of a month with more rows than one step may move, only the beginning, so that no step holds its locks
-- for long, however much waits. Last, and for messages only, since requests write rows of the past into no other table: what no
-- partition takes of the time before this month, in one piece. The first such piece has no lower end, so that from then on a row of
-- the past has its place from the start and is never moved.
create or replace function app_private.next_partition(
  parent_name text, months_ahead integer, max_rows integer, out partition text, out lower_bound uuid, out upper_bound uuid
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  this_month constant timestamp := date_trunc('month', now() at time zone 'UTC');
  wanted uuid;
  month timestamp;
  next_slice uuid;
begin
  select app_hidden.uuidv7_floor(m.month at time zone 'UTC') into wanted
  from generate_series(this_month, this_month + make_interval(months => months_ahead), interval '1 month') as m (month)
  join app_private.partition_gaps(parent_name) g
    on g.lower_bound <= app_hidden.uuidv7_floor(m.month at time zone 'UTC') and g.upper_bound > app_hidden.uuidv7_floor(m.month at time zone 'UTC')
  order by m.month
  limit 1;
  if wanted is null then
    execute format('select id from app_partitions.%I order by id limit 1', parent_name || '_default') into wanted;
  end if;

  if wanted is not null then
    month := date_trunc('month', uuid_extract_timestamp(wanted) at time zone 'UTC');
    select
      greatest(g.lower_bound, app_hidden.uuidv7_floor(month at time zone 'UTC')),
      least(g.upper_bound, app_hidden.uuidv7_floor((month + interval '1 month') at time zone 'UTC'))
    into lower_bound, upper_bound
    from app_private.partition_gaps(parent_name) g
    where wanted >= g.lower_bound and wanted < g.upper_bound;
  elsif parent_name = 'messages' then
    select g.lower_bound, g.upper_bound into lower_bound, upper_bound
    from app_private.partition_gaps(parent_name) g
    where g.upper_bound <= app_hidden.uuidv7_floor(this_month at time zone 'UTC')
    limit 1;
  end if;
  if lower_bound is null then
    return;
  end if;

  execute format('select id from app_partitions.%I where id >= $1 and id < $2 order by id offset $3 limit 1', parent_name || '_default')
  into next_slice using lower_bound, upper_bound, max_rows;
  upper_bound := coalesce(next_slice, upper_bound);
  partition := app_private.free_partition_name(parent_name, lower_bound);
end
$$;
comment on function app_private.next_partition(text, integer, integer) is
  'The partition that a table lacks most, and the ids that it takes, with at most max_rows that wait in the default partition. Null when it lacks none.';
-- Deliberately not granted: app_hidden.ensure_partitions calls it.
