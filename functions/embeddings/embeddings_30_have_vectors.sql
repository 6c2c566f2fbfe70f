-- A passage that has its vector of the active version leaves the list of those that want one (chunks_20_want_vectors).
create or replace function app_private.have_vectors()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_hidden.embedding_backlog b
  using changed_embeddings n
  where b.workspace_id = n.workspace_id and b.chunk_id = n.chunk_id
    and n.version_id = (select v.id from app_public.embedding_versions v where v.status = 'active');
  return null;
end
$$;
comment on function app_private.have_vectors() is 'Trigger: a chunk that has its vector of the active version wants none.';

create or replace trigger embeddings_30_have_vectors after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.have_vectors();
