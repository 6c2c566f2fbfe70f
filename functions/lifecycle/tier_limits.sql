-- How long a run of tiering goes on: the worker does not read settings by itself.
create or replace function app_hidden.tier_limits()
returns table (minutes numeric)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select app_hidden.setting('tier_minutes')::numeric;
$$;
comment on function app_hidden.tier_limits() is 'Minutes that a run of tiering takes at most.';
grant execute on function app_hidden.tier_limits() to colloquy_worker;
