-- An interrupted "reindex … concurrently" leaves an invalid index that every write pays for, and only the owner may drop it. Not
-- while anything is built on its table: it may be that build's own. A table that is busy is passed over, since those who come
-- after a waiting drop would wait as well: the next run has it.
create or replace function app_hidden.drop_index_leftovers()
returns setof text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
  leftover regclass;
  name text;
begin
  for leftover in select h.index_name::regclass from app_hidden.index_health() as h where h.is_leftover and not h.is_busy order by h.index_name
  loop
    begin
      name := leftover::text;
      execute format('drop index %s', leftover);
      return next name;
    exception when lock_not_available then
      null;
    end;
  end loop;
end
$$;
comment on function app_hidden.drop_index_leftovers() is
  'Drops what interrupted rebuilds left of indexes, where nothing is built and the lock is free. Returns the names.';
grant execute on function app_hidden.drop_index_leftovers() to colloquy_worker;
