-- All vectors of a workspace are compared and sorted, then chunks are looked up in that order until there are enough: chunks are wide.
-- Without the cast to halfvec(n) the vector index does not fit. nearest: among how many of the nearest to look, or null.
-- Without a set clause, so that it is inlined: search_vector_wide has it planned for its scope, search_vector_plain for any.
create or replace function app_private.compared_vectors(
  version_id uuid, scope app_private.search_scope, query_embedding extensions.halfvec, max_results integer, nearest integer
)
returns table (chunk_id uuid, score real, importance real)
language sql
stable
as $$
  select e.chunk_id, (1 - e.distance)::real, c.importance_score
  from (
    select v.chunk_id, v.embedding operator(extensions.<=>) query_embedding as distance
    from app_public.embeddings v
    where v.version_id = compared_vectors.version_id and v.workspace_id = scope.workspace_id
    order by distance, v.chunk_id
    limit nearest
  ) as e
  -- one lookup by key for each, whatever the planner believes about what is rare
  cross join lateral (
    select c.importance_score from app_private.findable_chunks(scope) as c where c.id = e.chunk_id offset 0
  ) as c
  order by e.distance, e.chunk_id
  limit max_results;
$$;
comment on function app_private.compared_vectors(uuid, app_private.search_scope, extensions.halfvec, integer, integer) is
  'Nearest chunks by comparing all vectors of a workspace, or those among the nearest so many. Score: cosine similarity.';
