-- What a legal hold keeps is not changed either: the columns that each trigger names are the content of its table, the others are
-- bookkeeping (counters, tiers, states, what is derived) and go on. Filling in what was empty is adding. A trigger with columns
-- is not even asked when a statement writes others: a post, which counts in its conversation, pays nothing.
create or replace function app_private.keep_held_values()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  before jsonb;
  after jsonb;
  hold app_public.legal_holds;
begin
  if not app_private.lock_held_workspace(old.workspace_id) then
    return new;
  end if;
  before := to_jsonb(old);
  after := to_jsonb(new);
  if exists (
    select from unnest(tg_argv) as c (name)
    where before -> c.name is distinct from after -> c.name and before -> c.name not in ('null', '{}', '[]')
  ) then
    execute app_private.hold_query(
      coalesce(pg_partition_root(tg_relid), tg_relid), format('(select (jsonb_populate_record(null::%s, $1)).*)', tg_relid::regclass)
    )
    into hold using before;
    if hold.id is not null then
      perform app_private.refuse_held(hold);
    end if;
  end if;
  return new;
end
$$;
comment on function app_private.keep_held_values() is 'Trigger: refuses to change what a legal hold keeps, in the columns that are its arguments. Raises CQ120, CQ711.';

create or replace trigger conversations_00_keep_held_values
before update of id, workspace_id, owner_id, title, channel, external_id, system_prompt, continued_from_id, branched_from_message_id, metadata
on app_public.conversations for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'title', 'channel', 'external_id', 'system_prompt', 'continued_from_id', 'branched_from_message_id', 'metadata'
);

create or replace trigger messages_00_keep_held_values
before update of id, workspace_id, conversation_id, owner_id, author_id, sequence_number, role, replaces_id, content, parts, parts_format, attachments, provider,
  model, prompt_tokens, completion_tokens, total_tokens, cost_usd, idempotency_key, metadata
on app_public.messages for each row
-- what is being written is not there yet: finishing it is adding
when (old.status <> 'streaming') execute function app_private.keep_held_values(
  'id', 'workspace_id', 'conversation_id', 'owner_id', 'author_id', 'sequence_number', 'role', 'replaces_id', 'content', 'parts', 'parts_format',
  'attachments', 'provider', 'model', 'prompt_tokens', 'completion_tokens', 'total_tokens', 'cost_usd', 'idempotency_key', 'metadata'
);

create or replace trigger message_feedback_00_keep_held_values
before update of id, workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment
on app_public.message_feedback for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'conversation_id', 'message_id', 'user_id', 'feedback_type', 'rating', 'comment'
);

create or replace trigger message_chunks_00_keep_held_values
before update of workspace_id, conversation_id, message_id, chunk_id, embedding_version_id, similarity_score, text_score, score, rank, passage_id
on app_public.message_chunks for each row execute function app_private.keep_held_values(
  'workspace_id', 'conversation_id', 'message_id', 'chunk_id', 'embedding_version_id', 'similarity_score', 'text_score', 'score', 'rank', 'passage_id'
);

create or replace trigger tool_calls_00_keep_held_values
before update of id, workspace_id, conversation_id, message_id, turn, "position", name, arguments, result, error, duration_ms, decided_by
on app_public.tool_calls for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'conversation_id', 'message_id', 'turn', 'position', 'name', 'arguments', 'result', 'error', 'duration_ms', 'decided_by'
);

create or replace trigger generated_images_00_keep_held_values
before update of id, workspace_id, conversation_id, message_id, owner_id, prompt, provider, model, file_id, storage_path, width, height, format, cost_usd
on app_public.generated_images for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'conversation_id', 'message_id', 'owner_id', 'prompt', 'provider', 'model', 'file_id', 'storage_path', 'width', 'height',
  'format', 'cost_usd'
);

create or replace trigger conversation_archives_00_keep_held_values
before update of workspace_id, conversation_id, format, message_count, message_ids, sha256
on app_hidden.conversation_archives for each row execute function app_private.keep_held_values(
  'workspace_id', 'conversation_id', 'format', 'message_count', 'message_ids', 'sha256'
);

create or replace trigger conversation_archive_parts_00_keep_held_values
before update of workspace_id, conversation_id, packed, part, first_id, last_id, row_count, columns, sha256, document
on app_hidden.conversation_archive_parts for each row execute function app_private.keep_held_values(
  'workspace_id', 'conversation_id', 'packed', 'part', 'first_id', 'last_id', 'row_count', 'columns', 'sha256', 'document'
);

create or replace trigger cited_passages_00_keep_held_values
before update of id, workspace_id, chunk_id, document_hash, source_type, document_id, conversation_id, message_id, memory_item_id, raw_event_id, title, heading,
  content, page_number, start_offset, end_offset
on app_hidden.cited_passages for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'chunk_id', 'document_hash', 'source_type', 'document_id', 'conversation_id', 'message_id', 'memory_item_id', 'raw_event_id',
  'title', 'heading', 'content', 'page_number', 'start_offset', 'end_offset'
);

create or replace trigger documents_00_keep_held_values
before update of id, workspace_id, owner_id, title, content, content_type, code_language, source_url, file_id, metadata
on app_public.documents for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'title', 'content', 'content_type', 'code_language', 'source_url', 'file_id', 'metadata'
);

create or replace trigger repositories_00_keep_held_values
before update of id, workspace_id, owner_id, name, description, repo_url, source_type, metadata
on app_public.repositories for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'name', 'description', 'repo_url', 'source_type', 'metadata'
);

create or replace trigger repository_documents_00_keep_held_values
before update of workspace_id, repository_id, document_id, file_path
on app_public.repository_documents for each row execute function app_private.keep_held_values(
  'workspace_id', 'repository_id', 'document_id', 'file_path'
);

create or replace trigger files_00_keep_held_values
before update of id, workspace_id, owner_id, original_name, external_id, byte_size, sha256, source_url, conversation_id, metadata
on app_public.files for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'original_name', 'external_id', 'byte_size', 'sha256', 'source_url', 'conversation_id', 'metadata'
);

create or replace trigger memory_items_00_keep_held_values
before update of id, workspace_id, owner_id, subject, content, source_type, source_id, provenance, metadata
on app_public.memory_items for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'subject', 'content', 'source_type', 'source_id', 'provenance', 'metadata'
);

create or replace trigger memory_item_changes_00_keep_held_values
before update of id, workspace_id, owner_id, memory_item_id, change, old_values
on app_public.memory_item_changes for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'memory_item_id', 'change', 'old_values'
);

create or replace trigger raw_events_00_keep_held_values
before update of id, workspace_id, owner_id, source, event_type, external_id, payload, metadata
on app_public.raw_events for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'source', 'event_type', 'external_id', 'payload', 'metadata'
);

create or replace trigger agent_checkpoints_00_keep_held_values
before update of id, workspace_id, owner_id, thread_id, namespace, checkpoint_id, parent_id, type, content, metadata
on app_hidden.agent_checkpoints for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'thread_id', 'namespace', 'checkpoint_id', 'parent_id', 'type', 'content', 'metadata'
);

create or replace trigger agent_checkpoint_writes_00_keep_held_values
before update of id, workspace_id, owner_id, thread_id, namespace, checkpoint_id, task_id, write_index, channel, type, content
on app_hidden.agent_checkpoint_writes for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'owner_id', 'thread_id', 'namespace', 'checkpoint_id', 'task_id', 'write_index', 'channel', 'type', 'content'
);

create or replace trigger usage_logs_00_keep_held_values
before update of id, workspace_id, user_id, conversation_id, message_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, metadata
on app_public.usage_logs for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'user_id', 'conversation_id', 'message_id', 'action', 'provider', 'model', 'prompt_tokens', 'completion_tokens', 'total_tokens',
  'cost_usd', 'metadata'
);

create or replace trigger conversation_analytics_00_keep_held_values
before update of workspace_id, conversation_id, day
on app_public.conversation_analytics for each row execute function app_private.keep_held_values(
  'workspace_id', 'conversation_id', 'day'
);

create or replace trigger entity_tags_00_keep_held_values
before update of workspace_id, tag_id, entity_type, entity_id
on app_public.entity_tags for each row execute function app_private.keep_held_values(
  'workspace_id', 'tag_id', 'entity_type', 'entity_id'
);

create or replace trigger tags_00_keep_held_values
before update of id, workspace_id, name
on app_public.tags for each row execute function app_private.keep_held_values(
  'id', 'workspace_id', 'name'
);

