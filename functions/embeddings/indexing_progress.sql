-- How far the indexing of the caller's workspace is, from maintained counts: cheap enough to ask every second.
create or replace function app_public.indexing_progress()
returns app_public.indexing_progress
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  result app_public.indexing_progress;
begin
  perform app_hidden.require_member();
  select count(*) into result.pending_documents
  from app_public.documents d where d.workspace_id = workspace and d.chunked_hash is distinct from d.content_hash;
  select count(*) into result.pending_conversations
  from app_public.conversations c where c.workspace_id = workspace and c.indexed_sequence_number < c.last_sequence_number;
  select count(*) into result.pending_memory_items
  from app_public.memory_items m where m.workspace_id = workspace and upper_inf(m.validity) and m.chunked_hash is distinct from m.content_hash;
  select count(*) into result.pending_files
  from app_public.files f where f.workspace_id = workspace and f.processing_status in ('pending', 'processing') and f.sha256 is not null;
  select count(*) into result.pending_events
  from app_public.raw_events e where e.workspace_id = workspace and e.processing_status in ('pending', 'processing');
  select coalesce(sum(k.chunk_count), 0) into result.chunks from app_hidden.chunk_counts k where k.workspace_id = workspace;
  select coalesce(sum(e.embedding_count), 0) into result.embedded_chunks
  from app_hidden.embedding_counts e
  join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active'
  where e.workspace_id = workspace;
  result.is_complete := result.pending_documents = 0 and result.pending_conversations = 0 and result.pending_memory_items = 0 and result.pending_files = 0
    and result.pending_events = 0 and result.embedded_chunks >= result.chunks;
  return result;
end
$$;
comment on function app_public.indexing_progress() is 'How much of this workspace is searchable by now. Error: CQ101 not signed in.';
grant execute on function app_public.indexing_progress() to colloquy_user, colloquy_admin;
