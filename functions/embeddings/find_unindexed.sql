-- What the indexing worker calls to learn what has to be cut. The data is the truth: work is what is missing, so a lost job
-- loses nothing and a repeated one changes nothing. Only the worker may call it; it decides nothing, it cuts text and computes
-- vectors.
create or replace function app_hidden.find_unindexed(max_sources integer default 100)
returns table (workspace_id uuid, source_type app_public.source_type, source_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  (
    select d.workspace_id, 'document'::app_public.source_type, d.id
    from app_public.documents d
    where d.chunked_hash is distinct from d.content_hash and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = d.workspace_id and f.document_id = d.id and f.content_hash = d.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by d.id
    limit max_sources
  )
  union
  (
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_hidden.unindexed_conversations u
    join app_public.conversations c on c.id = u.conversation_id
    where c.indexed_sequence_number < c.last_sequence_number and not exists (
      -- one that was given up is passed over
      select from app_hidden.cutting_failures f
      where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.sequence_number = c.indexed_sequence_number + 1
        and not f.is_dead and f.next_attempt_at > statement_timestamp()
    ) and not exists (
      -- an answer that is being written is indexed when it has ended
      select from app_hidden.streaming_messages s
      where s.workspace_id = c.workspace_id and s.conversation_id = c.id and s.sequence_number = c.indexed_sequence_number + 1
    )
    order by c.id
    limit max_sources
  )
  union
  (
    -- found with the words of a branch that was left; a packed one is followed when it is packed
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_hidden.unindexed_conversations u
    join app_public.conversations c on c.id = u.conversation_id
    where c.indexed_leaf_id is distinct from c.preferred_leaf_id and c.storage_tier = 'hot' and c.indexed_sequence_number = c.last_sequence_number
    order by c.id
    limit max_sources
  )
  union
  (
    select m.workspace_id, 'memory'::app_public.source_type, m.id
    from app_public.memory_items m
    where m.chunked_hash is distinct from m.content_hash and upper_inf(m.validity) and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = m.workspace_id and f.memory_item_id = m.id and f.content_hash = m.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by m.id
    limit max_sources
  )
  limit max_sources;
end
$$;
comment on function app_hidden.find_unindexed(integer) is 'Documents, conversations and memories with missing or stale chunks, and conversations in which another branch was chosen: what lost jobs left. Of chunks without a vector, find_unembedded_workspaces() tells.';
grant execute on function app_hidden.find_unindexed(integer) to colloquy_worker;
