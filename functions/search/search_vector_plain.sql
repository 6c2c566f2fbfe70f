-- The leg that compares all vectors, of a search without filters where no document is archived, by one kept plan, made for no tenant in
-- particular: planning took more time than the work of a small tenant (of 600 chunks: 0.50 of 0.87 ms are left). It is exact whatever
-- the plan. A memory may expire, and which tenant has memories is not known here.
create or replace function app_private.search_vector_plain(
  version_id uuid, workspace uuid, caller uuid, kinds app_public.source_type[], query_embedding extensions.halfvec, max_results integer, nearest integer
)
returns table (chunk_id uuid, score real, importance real)
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
set plan_cache_mode = force_generic_plan
-- other tenants share the partition
set enable_seqscan = off
as $$
  select v.*
  from app_private.compared_vectors(
    version_id, row(workspace, caller, kinds, null, null, null, null, true, false)::app_private.search_scope, query_embedding, max_results, nearest
  ) as v;
$$;
comment on function app_private.search_vector_plain(uuid, uuid, uuid, app_public.source_type[], extensions.halfvec, integer, integer) is
  'Nearest chunks by comparing all vectors of the workspace, without filters, by one plan for all tenants.';
