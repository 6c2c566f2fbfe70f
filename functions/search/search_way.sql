-- How the nearest are found: by comparing all that fits, where that is little, else by the index.
create or replace function app_private.search_way(
  version app_public.embedding_versions, scope app_private.search_scope, out is_exact boolean, out is_narrow boolean
)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  exact_limit constant bigint := app_hidden.setting('search_exact_limit')::bigint;
  -- by ids or by time, for which there are indexes
  is_keyed constant boolean := scope.sources is not null or (scope.filters).created_after is not null;
begin
  is_exact := scope.available <= exact_limit;
  if is_keyed and not is_exact then
    is_exact := app_private.count_findable(scope, exact_limit + 1) <= exact_limit;
  end if;
  -- a version that is being built has no index yet
  is_exact := is_exact or to_regclass(format('app_partitions.embeddings_%s_hnsw', version.number)) is null;
  -- few of many: from the chunks to their vectors, not the other way round
  is_narrow := is_exact and (is_keyed or 4 * scope.available < scope.everything);
end
$$;
comment on function app_private.search_way(app_public.embedding_versions, app_private.search_scope) is
  'Whether a search by vectors compares all of them, and whether it starts from the chunks that fit.';
