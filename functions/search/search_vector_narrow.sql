-- The leg for few chunks of many: from the chunks that fit to their vectors, not the other way round. Planned anew at each call, as
-- search_vector_wide is.
create or replace function app_private.search_vector_narrow(
  version_id uuid, scope app_private.search_scope, query_embedding extensions.halfvec, max_results integer
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set constraint_exclusion = off
as $$
begin
  return query
  with asked as materialized (
    select c.id, c.importance_score from app_private.findable_chunks(scope) as c
  )
  -- without the cast to halfvec(n) the vector index does not fit
  select a.id, (1 - (e.embedding operator(extensions.<=>) query_embedding))::real, a.importance_score
  from asked a
  join app_public.embeddings e
    on e.version_id = search_vector_narrow.version_id and e.workspace_id = scope.workspace_id and e.chunk_id = a.id
  order by e.embedding operator(extensions.<=>) query_embedding, a.id
  limit max_results;
end
$$;
comment on function app_private.search_vector_narrow(uuid, app_private.search_scope, extensions.halfvec, integer) is
  'Nearest chunks by comparing the vectors of those that fit. Score: cosine similarity.';
