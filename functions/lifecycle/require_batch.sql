-- The first line of functions that work in batches.
create or replace function app_private.require_batch(size integer)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if size is null or size not between 1 and 10000 then
    raise exception 'A batch has 1 to 10,000 rows, not %.', coalesce(size::text, 'null') using errcode = 'CQ200', hint = 'Leave it out for the default.';
  end if;
end
$$;
comment on function app_private.require_batch(integer) is 'Raises CQ200 for a size of a batch that cannot be.';
