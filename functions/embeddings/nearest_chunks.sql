-- One question of compare_embedding_versions: exact, so that the models are compared and not their indexes. It returns ids,
-- never a text.
create or replace function app_private.nearest_chunks(for_version uuid, other_version uuid, for_workspace uuid, to_chunk uuid, k integer)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  found uuid[];
begin
  -- without the cast to halfvec(n) the index does not fit: a scan of the workspace's rows. Dynamic: planned for it.
  execute $query$
    select array_agg(n.chunk_id order by n.distance, n.chunk_id)
    from (
      select e.chunk_id, e.embedding operator(extensions.<=>) q.embedding as distance
      from app_public.embeddings e, app_public.embeddings q
      where e.version_id = $1 and e.workspace_id = $2 and e.chunk_id <> $3
        and q.version_id = $1 and q.workspace_id = $2 and q.chunk_id = $3
        -- what the other version has not cannot be among its answers
        and exists (select from app_public.embeddings o where o.version_id = $5 and o.workspace_id = $2 and o.chunk_id = e.chunk_id)
      order by distance, e.chunk_id
      limit $4
    ) as n
  $query$ into found using for_version, for_workspace, to_chunk, k, other_version;
  return coalesce(found, '{}');
end
$$;
comment on function app_private.nearest_chunks(uuid, uuid, uuid, uuid, integer) is 'The chunks of a workspace, of those that both versions have, nearest to one of them in the first, best first.';
