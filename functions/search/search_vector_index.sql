-- The leg by the vector index. Planned anew at each call, as search_vector_wide is: only where the version, its dimensions and the tenant
-- are constants does the index of the one partition fit.

-- Loads the library of pgvector into this session: a role that is not a superuser may name its settings in a function only then.
do $load$ begin perform '[1]'::extensions.halfvec; end $load$;

create or replace function app_private.search_vector_index(
  version app_public.embedding_versions, scope app_private.search_scope, query_embedding extensions.halfvec, max_results integer, ef_search integer
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set plan_cache_mode = force_custom_plan
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '200'
set hnsw.max_scan_tuples = '20000'
set enable_seqscan = off
set enable_sort = off
set jit = off
set constraint_exclusion = off
as $$
begin
  perform set_config('hnsw.ef_search', greatest(ef_search, max_results)::text, true),
    set_config('hnsw.max_scan_tuples', app_private.search_max_scan_tuples(scope.filters)::text, true);
  return query
  with nearest as materialized (
    -- halfvec(x, n, true) is what the index has: x::halfvec(n), whose n a statement must spell out
    select
      e.chunk_id as id, c.importance_score,
      halfvec(e.embedding, version.dimensions, true) operator(extensions.<=>) halfvec(query_embedding, version.dimensions, true) as distance
    from app_public.embeddings e
    cross join lateral (
      select c.importance_score from app_private.findable_chunks(scope) as c where c.id = e.chunk_id offset 0
    ) as c
    where e.version_id = version.id and e.workspace_id = scope.workspace_id
    order by halfvec(e.embedding, version.dimensions, true) operator(extensions.<=>) halfvec(query_embedding, version.dimensions, true)
    limit max_results
  )
  -- relaxed order is almost sorted, so what the index gives is sorted again
  select n.id, (1 - n.distance)::real, n.importance_score from nearest n order by n.distance, n.id;
end
$$;
comment on function app_private.search_vector_index(app_public.embedding_versions, app_private.search_scope, extensions.halfvec, integer, integer) is
  'Nearest chunks by the vector index, continued until enough rows pass the filter. Score: cosine similarity.';
