-- Two partitions of the past without rows, side by side, become one; what lies between two with rows stays as it is.
create or replace function app_private.has_empty_neighbour(lower_bound uuid, upper_bound uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  months constant integer := app_hidden.setting('partition_empty_months')::integer;
  old constant uuid := app_hidden.uuidv7_floor(app_private.month_start(now(), months));
  neighbour text;
  has_rows boolean;
begin
  for neighbour in
    select p.partition
    from app_private.range_partitions() p
    where p.parent = 'messages' and (p.upper_bound = has_empty_neighbour.lower_bound or p.lower_bound = has_empty_neighbour.upper_bound)
      and p.upper_bound <= old
  loop
    execute format('select exists (select from app_partitions.%I)', neighbour) into has_rows;
    if not has_rows then
      return true;
    end if;
  end loop;
  -- a gap is one that went just now
  return exists (
    select from app_private.partition_gaps('messages') g
    where (g.upper_bound = has_empty_neighbour.lower_bound or g.lower_bound = has_empty_neighbour.upper_bound) and g.upper_bound <= old
  );
end
$$;
comment on function app_private.has_empty_neighbour(uuid, uuid) is
  'Whether another old partition of messages without rows lies beside the given bounds, or none does.';
-- Deliberately not granted: app_private.partition_verdict calls it.
