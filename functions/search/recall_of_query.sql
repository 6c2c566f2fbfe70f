-- A query of a measurement is asked by the exact leg, which is the truth, and by app_public.search, as the user who asked it.
create or replace function app_private.recall_of_query(version app_public.embedding_versions, query app_private.recall_query, k integer)
returns app_private.recall_truth
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  kinds app_public.source_type[] := coalesce(query.kinds, enum_range(null::app_public.source_type));
  scope app_private.search_scope := app_private.search_scope(query.workspace_id, query.user_id, kinds, query.filters);
  is_narrow boolean := 4 * scope.available < scope.everything or scope.sources is not null;
  started timestamptz := clock_timestamp();
  answered app_public.search_response;
  truth app_private.recall_truth;
begin
  truth.query := query;
  truth.scope := scope;
  truth.nearest := array(
    select s.chunk_id from app_private.search_vector_exact(version.id, scope, query.embedding, k, is_narrow) as s
  );
  truth.milliseconds := 1000 * extract(epoch from clock_timestamp() - started);
  if cardinality(truth.nearest) = 0 then
    return truth;
  end if;
  perform app_private.act_as(query.user_id, query.workspace_id);
  answered := app_public.search(
    query => '', query_embedding => query.embedding, kinds => kinds, max_results => k, mode => 'vector', filters => query.filters,
    embedding_version_id => version.id
  );
  truth.share := (
    select count(*) from unnest(truth.nearest) as n where n in (select r.chunk_id from unnest(answered.results) as r)
  )::float8 / cardinality(truth.nearest);
  -- asked once more: a passage may have been removed in between
  truth.is_short := answered.returned < cardinality(truth.nearest) and answered.returned < (
    select count(*) from app_private.search_vector_exact(version.id, scope, query.embedding, k, is_narrow)
  );
  -- where fewer fit, the index is not what answers
  truth.is_by_index := answered.path <> 'exact' and cardinality(truth.nearest) = k;
  return truth;
end
$$;
comment on function app_private.recall_of_query(app_public.embedding_versions, app_private.recall_query, integer) is
  'What is nearest to a query, how much of it a search returned, whether that was too little, and whether it went by the index. No share: nothing is near.';
