-- Whoever has documents cut anew lets one batch be embedded before it asks for the next (recut_documents). For the owner of the
-- database.
create or replace function app_private.recutting_backlog(documents uuid[])
returns integer
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)::integer
  from app_public.documents d
  where d.id = any (documents) and (
    d.chunked_hash is distinct from d.content_hash
    or exists (
      select
      from app_public.chunks c
      cross join (select v.id from app_public.embedding_versions v where v.status = 'active') as v
      where c.workspace_id = d.workspace_id and c.document_id = d.id
        and not exists (select from app_public.embeddings e where e.version_id = v.id and e.workspace_id = c.workspace_id and e.chunk_id = c.id)
        and not exists (
          select from app_hidden.embedding_failures f
          where f.version_id = v.id and f.workspace_id = c.workspace_id and f.chunk_id = c.id and f.is_dead
        )
    )
  )
  -- one that cannot be cut keeps the passages that it has
  and not exists (
    select from app_hidden.cutting_failures f where f.workspace_id = d.workspace_id and f.document_id = d.id
  );
$$;
comment on function app_private.recutting_backlog(uuid[]) is 'How many of some documents wait to be cut or embedded.';

-- Deliberately not granted: the owner's login calls it.
