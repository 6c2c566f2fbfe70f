-- How many chunks a search may find, counted no further than it takes to decide. Planned anew at each call, as search_vector_wide is.
create or replace function app_private.count_findable(scope app_private.search_scope, most bigint)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
  result bigint;
begin
  select count(*) into result from (select from app_private.findable_chunks(scope) limit most) as c;
  return result;
end
$$;
comment on function app_private.count_findable(app_private.search_scope, bigint) is 'How many chunks of a scope a search may find, or so many where there are more.';
