-- What the indexing worker calls with the passages of a document. A repeated call changes nothing. Only the worker may call it.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work).
create or replace function app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb)
returns table (kept integer, added integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  -- before the counts are taken: whoever deletes the workspace has it, and then takes the counts
  perform from app_public.workspaces w where w.id = for_workspace for key share;
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

  wanted := app_private.wanted_document_chunks(document, new_chunks);
  perform app_private.take_document_counts(document, wanted);
  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = coalesce(w.language, document.text_search_language), is_language_recognized = w.language is not null
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.document_id = for_document and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language, c.is_language_recognized)
      is distinct from (
        w.chunk_index, w.start_offset, w.end_offset, w.page_number, coalesce(w.language, document.text_search_language), w.language is not null
      );
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, coalesce(w.language, document.text_search_language),
    w.language is not null
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.document_id = for_document;
  return next;
end
$$;
comment on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) is
  'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';
grant execute on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) to colloquy_worker;
