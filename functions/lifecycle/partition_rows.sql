-- The rows of a month of a log that retention has ended, as lines of JSON, page by page: what is written away before it is dropped. Of no
-- other partition, so that this is no way to read a log.
create or replace function app_hidden.partition_rows(partition_name text, after_id uuid default null, max_rows integer default 5000)
returns table (id uuid, line text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  found_one record;
  state record;
begin
  select p.* into found_one from app_private.range_partitions() p where p.partition = partition_name and not p.is_default;
  if not found then
    raise exception 'There is no partition %.', left(partition_name, 100) using errcode = 'CQ731', hint = 'npm run ops -- partitions lists them.';
  end if;
  select v.* into state from app_private.partition_verdict(found_one.parent, partition_name, found_one.lower_bound, found_one.upper_bound) v;
  if state.verdict <> 'expired' then
    raise exception '% is not exported: %', partition_name, state.reason using errcode = 'CQ732', hint = 'npm run ops -- partitions says what keeps each.';
  end if;
  for id, line in
    execute format(
      'select p.id, to_jsonb(p)::text from app_partitions.%I p where $1 is null or p.id > $1 order by p.id limit $2', partition_name
    ) using after_id, least(greatest(max_rows, 1), 100000)
  loop
    return next;
  end loop;
end
$$;
comment on function app_hidden.partition_rows(text, uuid, integer) is
  'Rows of a month of a log that retention has ended, as JSON, by id. Raises CQ731 when there is none of the name, CQ732 when it is to be kept.';
grant execute on function app_hidden.partition_rows(text, uuid, integer) to colloquy_worker;
