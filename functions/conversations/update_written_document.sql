-- A document that is written in another system goes on there: the next export has another version of it. The document here takes its
-- text; who sees it and whether it is put away stays its owner's. One that was deleted here does not come back, and what a legal
-- hold keeps stays as it is.
create or replace function app_private.update_written_document(
  conversation app_public.conversations, external_id text, name text, text text, content_type text, language text, facts jsonb
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  written_id uuid;
begin
  update app_public.documents d
  set title = left(trim(update_written_document.name), 500), content = update_written_document.text,
    content_type = coalesce(update_written_document.content_type, 'text'), code_language = update_written_document.language,
    metadata = d.metadata || facts
  where d.workspace_id = conversation.workspace_id and d.owner_id = conversation.owner_id and d.source_url = update_written_document.external_id
    and (d.title, d.content, d.metadata)
      is distinct from (left(trim(update_written_document.name), 500), update_written_document.text, d.metadata || facts)
  returning d.file_id into written_id;
  update app_public.files f
  set extracted_length = char_length(update_written_document.text), metadata = f.metadata || facts, updated_at = clock_timestamp()
  where f.workspace_id = conversation.workspace_id and f.id = written_id;
exception when sqlstate 'CQ120' then
  null;
end
$$;
comment on function app_private.update_written_document(app_public.conversations, text, text, text, text, text, jsonb) is
  'Brings a document that was written in an imported conversation up to date; one that is held or gone is left alone.';
-- Deliberately not granted: app_private.import_attachments calls it.
