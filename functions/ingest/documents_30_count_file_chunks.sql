-- Tells a file how many pieces its document has, once they are those of the text that was read from it.
create or replace function app_private.count_file_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.files f
  set chunk_count = (select count(*) from app_public.chunks c where c.workspace_id = new.workspace_id and c.document_id = new.id)
  where f.workspace_id = new.workspace_id and f.id = new.file_id;
  return null;
end
$$;
comment on function app_private.count_file_chunks() is 'Trigger: keeps chunk_count of the file that a document was read from.';

create or replace trigger documents_30_count_file_chunks
after update of chunked_hash, file_id on app_public.documents
for each row when (new.file_id is not null and new.chunked_hash = new.content_hash)
execute function app_private.count_file_chunks();
