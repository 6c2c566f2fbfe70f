-- The end of an index search that finds too little: the only place where search and the measurement of recall get this number from.
create or replace function app_private.search_max_scan_tuples(filters app_public.search_filters)
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  -- what a filter leaves out is soon cheaper to look for in the rows
  select case when filters is null then 20000 else 5000 end;
$$;
comment on function app_private.search_max_scan_tuples(app_public.search_filters) is 'hnsw.max_scan_tuples of an index search.';
