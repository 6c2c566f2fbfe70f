-- How far an index search looks: the only place where search and the measurement of recall get these numbers from. What an
-- administrator set is the least; a measurement may raise it for a version, no further than search_ef_search_max.
create or replace function app_private.search_ef_search(version app_public.embedding_versions)
returns integer
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  least_one integer := app_hidden.setting('search_ef_search')::integer;
begin
  -- without a measurement, or one that found it enough, there is nothing else to ask
  if version.search_ef_search is null or version.search_ef_search <= least_one or app_hidden.setting('search_ef_search_auto') <> 'on' then
    return least_one;
  end if;
  return greatest(least_one, least(version.search_ef_search, app_hidden.setting('search_ef_search_max')::integer, 1000));
end
$$;
comment on function app_private.search_ef_search(app_public.embedding_versions) is 'hnsw.ef_search for index searches of an embedding version: the setting search_ef_search, or what a measurement raised it to.';
