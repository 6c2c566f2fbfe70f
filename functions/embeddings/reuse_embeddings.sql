-- What the indexing worker calls before it computes vectors: the same text of a workspace is embedded once. Only the worker may
-- call it.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work) and
-- goes from what it is given to single rows, by index: "offset 0" keeps the planner from reading a whole workspace instead.
create or replace function app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, twin.embedding
  from unnest(chunk_ids) as wanted (id)
  cross join lateral (
    select k.id, k.content_hash from app_public.chunks k where k.workspace_id = for_workspace and k.id = wanted.id offset 0
  ) as c
  cross join lateral (
    select e.embedding
    from app_public.chunks same
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = same.id
    where same.workspace_id = for_workspace and same.content_hash = c.content_hash
    limit 1
  ) as twin
  on conflict do nothing
  returning chunk_id;
end
$$;
comment on function app_hidden.reuse_embeddings(uuid, uuid, uuid[]) is 'Gives chunks the vector that an equal text of the same workspace has already. Returns their ids.';
grant execute on function app_hidden.reuse_embeddings(uuid, uuid, uuid[]) to colloquy_worker;
