-- What the indexing worker calls with the vectors that it computed. A repeated call changes nothing. Only the worker may call it.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work) and
-- goes from what it is given to single rows, by index: "offset 0" keeps the planner from reading a whole workspace instead.
create or replace function app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  stored integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, given.vector::extensions.halfvec
  from unnest(chunk_ids, vectors) as given (chunk_id, vector)
  cross join lateral (
    select k.id from app_public.chunks k where k.workspace_id = for_workspace and k.id = given.chunk_id offset 0
  ) as c
  on conflict do nothing;
  get diagnostics stored = row_count;
  return stored;
end
$$;
comment on function app_hidden.store_embeddings(uuid, uuid, uuid[], text[]) is
  'Stores vectors of chunks; a chunk that is gone or has one already is passed over. Returns how many were stored.';
grant execute on function app_hidden.store_embeddings(uuid, uuid, uuid[], text[]) to colloquy_worker;
