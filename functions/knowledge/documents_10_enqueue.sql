-- After a statement that adds documents or changes what their chunks depend on: one job per document. A bookkeeping
-- update (chunked_hash, metadata) enqueues nothing. What somebody has just written goes before what was imported from elsewhere.
create or replace function app_private.enqueue_changed_documents()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', n.workspace_id, 'sourceType', 'document', 'sourceId', n.id),
    'document:' || n.id,
    n.workspace_id::text,
    priority => (n.source_url is null)::integer
  )
  from new_documents n
  where n.chunked_hash is distinct from n.content_hash;
  return null;
end
$$;
comment on function app_private.enqueue_changed_documents() is 'Trigger: enqueues the indexing of documents whose chunks are missing or stale.';

create or replace trigger documents_10_enqueue_insert
after insert on app_public.documents
referencing new table as new_documents
for each statement execute function app_private.enqueue_changed_documents();

create or replace trigger documents_10_enqueue_update
after update on app_public.documents
referencing new table as new_documents
for each statement execute function app_private.enqueue_changed_documents();
