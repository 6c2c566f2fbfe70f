-- Removes the counts of windows that have ended: they hold addresses of visitors, which are kept no longer than they serve.
create or replace function app_hidden.delete_ended_rate_limits(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  removed integer;
begin
  perform app_private.require_batch(max_rows);
  delete from app_hidden.rate_limits
  where key = any (
    array(
      select l.key from app_hidden.rate_limits l
      where l.expire < extract(epoch from clock_timestamp()) * 1000
      order by l.expire
      limit max_rows
      for update skip locked
    )
  );
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function app_hidden.delete_ended_rate_limits(integer) is
  'Removes counts of limits whose window has ended, and returns how many. For the worker.';
grant execute on function app_hidden.delete_ended_rate_limits(integer) to colloquy_worker;
