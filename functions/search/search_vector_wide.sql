-- The leg that compares all vectors of a workspace, planned anew at each call: a plan made for a tenant of 20,000 chunks and kept by a
-- pooled connection returned 0 of 10 rows for a tenant of 50, and what the filters leave out folds away only then. It runs as the
-- owner of the tables, as all legs do (docs/search.md): granted to nobody.
create or replace function app_private.search_vector_wide(
  version_id uuid, scope app_private.search_scope, query_embedding extensions.halfvec, max_results integer, nearest integer
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
  return query select v.* from app_private.compared_vectors(version_id, scope, query_embedding, max_results, nearest) as v;
end
$$;
comment on function app_private.search_vector_wide(uuid, app_private.search_scope, extensions.halfvec, integer, integer) is
  'Nearest chunks by comparing all vectors of the workspace, planned for its scope.';
