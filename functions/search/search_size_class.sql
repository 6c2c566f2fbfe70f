-- The sizes of workspaces by which searches are counted and recall is measured: the only place that says where one ends.
-- 5,000 is the default of search_exact_limit, so that tiny and small ones are those that are searched exactly.
create or replace function app_private.search_size_class(chunk_count bigint)
returns app_public.search_size_class
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when chunk_count > 100000 then 'giant'
    when chunk_count > 20000 then 'big'
    when chunk_count > 5000 then 'middle'
    when chunk_count > 500 then 'small'
    else 'tiny'
  end::app_public.search_size_class;
$$;
comment on function app_private.search_size_class(bigint) is 'The size of a workspace with so many passages.';
