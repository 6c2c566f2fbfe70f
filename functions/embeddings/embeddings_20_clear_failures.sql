-- A chunk that has its vector has no failure, whoever embedded it.
create or replace function app_private.clear_embedding_failures()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_hidden.embedding_failures f
  using changed_embeddings n
  where f.version_id = n.version_id and f.workspace_id = n.workspace_id and f.chunk_id = n.chunk_id;
  return null;
end
$$;
comment on function app_private.clear_embedding_failures() is 'Trigger: forgets the failures of chunks that have a vector now.';

create or replace trigger embeddings_20_clear_failures after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.clear_embedding_failures();
