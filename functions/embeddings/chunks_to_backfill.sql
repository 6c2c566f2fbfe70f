-- What the worker calls to fill a version other than the active one. A chunk that has no vector of the active version yet is
-- new work, not back-fill: the job that gives it one gives it those of the other versions first, so that the two never
-- compute the same.
create or replace function app_hidden.chunks_to_backfill(for_version uuid, for_workspace uuid, after_chunk uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, token_count integer)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  if not exists (select from app_hidden.maintained_versions() v where v.id = for_version and v.status <> 'active') then
    return;
  end if;
  return query
  select c.id, c.content_hash, app_hidden.embed_text(c.lead_in, c.heading, c.content), c.token_count
  from app_public.chunks c
  where c.workspace_id = for_workspace
    and (after_chunk is null or c.id > after_chunk)
    and not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and (active is null or exists (
      select from app_public.embeddings e where e.version_id = active and e.workspace_id = for_workspace and e.chunk_id = c.id
    ))
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
end
$$;
comment on function app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer) is
  'The next chunks of a workspace that a version lacks while the active one has them and that need not wait, in the order of their ids. None when the version is no longer maintained.';
grant execute on function app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer) to colloquy_worker;
