-- Which exact leg answers is decided here, once for search, recall and the measurement.
create or replace function app_private.search_vector_exact(
  version_id uuid, scope app_private.search_scope, query_embedding extensions.halfvec, max_results integer, is_narrow boolean, is_plain boolean default false,
  nearest integer default null
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  if is_narrow then
    return query select v.* from app_private.search_vector_narrow(version_id, scope, query_embedding, max_results) as v;
  elsif is_plain then
    return query
    select v.*
    from app_private.search_vector_plain(version_id, scope.workspace_id, scope.caller, scope.kinds, query_embedding, max_results, nearest) as v;
  else
    return query select v.* from app_private.search_vector_wide(version_id, scope, query_embedding, max_results, nearest) as v;
  end if;
end
$$;
comment on function app_private.search_vector_exact(uuid, app_private.search_scope, extensions.halfvec, integer, boolean, boolean, integer) is
  'Nearest chunks by comparing vectors: those of the chunks that fit (is_narrow), or all of the workspace, by one plan for all tenants where nothing but its owner narrows it (is_plain).';
