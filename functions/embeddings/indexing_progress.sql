-- How far the indexing of the caller's workspace is, from maintained counts: cheap enough to ask every second. Words and vectors are
-- told apart: a text is found by its words as soon as it is cut, and by meaning when its passages have their vectors. What is
-- left of each is divided by how fast it went in the last minutes; without that, nothing is promised.
create or replace function app_public.indexing_progress()
returns app_public.indexing_progress
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  dead_documents bigint;
  dead_memory_items bigint;
  result app_public.indexing_progress;
begin
  perform app_hidden.require_member();
  select count(*) into result.pending_documents
  from app_public.documents d where d.workspace_id = workspace and d.chunked_hash is distinct from d.content_hash;
  select g.* into result.dead_sources, dead_documents, dead_memory_items from app_private.given_up_sources(workspace) as g;
  result.pending_documents := result.pending_documents - dead_documents;
  select count(*) into result.pending_conversations
  from app_hidden.unindexed_conversations u
  join app_public.conversations c on c.id = u.conversation_id
  where u.workspace_id = workspace and c.indexed_sequence_number < c.last_sequence_number and not exists (
    -- an answer that is being written is indexed when it has ended
    select from app_hidden.streaming_messages s
    where s.workspace_id = workspace and s.conversation_id = c.id and s.sequence_number = c.indexed_sequence_number + 1
  );
  select count(*) into result.pending_memory_items
  from app_public.memory_items m where m.workspace_id = workspace and upper_inf(m.validity) and m.chunked_hash is distinct from m.content_hash;
  result.pending_memory_items := result.pending_memory_items - dead_memory_items;
  select count(*) into result.pending_files
  from app_public.files f where f.workspace_id = workspace and f.processing_status in ('pending', 'processing') and f.sha256 is not null;
  select count(*) into result.pending_events
  from app_public.raw_events e where e.workspace_id = workspace and e.processing_status in ('pending', 'processing');
  select coalesce(sum(k.chunk_count), 0) into result.chunks from app_hidden.chunk_counts k where k.workspace_id = workspace;
  select coalesce(sum(e.embedding_count), 0) into result.embedded_chunks
  from app_hidden.embedding_counts e
  join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active'
  where e.workspace_id = workspace;
  select count(*) filter (where not f.is_dead), count(*) filter (where f.is_dead)
  into result.retrying_chunks, result.dead_chunks
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id and v.status = 'active'
  where f.workspace_id = workspace;
  result.is_complete := result.pending_documents = 0 and result.pending_conversations = 0 and result.pending_memory_items = 0 and result.pending_files = 0
    and result.pending_events = 0 and result.embedded_chunks + result.dead_chunks >= result.chunks;
  if not result.is_complete then
    select h.* into result.paused, result.resumes_at from app_private.indexing_hold(workspace) as h;
  end if;
  result.pending_sources := result.pending_documents + result.pending_conversations + result.pending_memory_items;
  result.pending_chunks := greatest(result.chunks - result.embedded_chunks - result.dead_chunks, 0);
  select r.* into result.sources_per_minute, result.vectors_per_minute from app_private.recent_indexing_rates(workspace) as r;
  result.words_seconds_left := case
    when result.pending_sources = 0 then 0 else ceil(60 * result.pending_sources / result.sources_per_minute)
  end;
  result.vectors_seconds_left := case
    when result.pending_chunks = 0 and result.pending_sources = 0 then 0
    -- what is not cut yet has no passages to count
    when result.pending_sources > 0 or result.paused is not null then null
    else ceil(60 * result.pending_chunks / result.vectors_per_minute)
  end;
  return result;
end
$$;
comment on function app_public.indexing_progress() is 'How much of this workspace is searchable by now, by words and by meaning, how fast the rest goes, and what holds it back. Error: CQ101 not signed in.';
grant execute on function app_public.indexing_progress() to colloquy_user, colloquy_admin;
