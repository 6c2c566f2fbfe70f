-- What the worker calls before it embeds new chunks: which of them another version still lacks.
create or replace function app_hidden.chunks_without_embedding(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select wanted.id
  from unnest(chunk_ids) as wanted (id)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = wanted.id
  where not exists (
    select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = wanted.id
  )
  and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
$$;
comment on function app_hidden.chunks_without_embedding(uuid, uuid, uuid[]) is 'Those of some chunks that have no vector in a version and need not wait.';
grant execute on function app_hidden.chunks_without_embedding(uuid, uuid, uuid[]) to colloquy_worker;
