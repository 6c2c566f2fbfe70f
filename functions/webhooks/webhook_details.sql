-- What is added to a delivery when it is sent: who, and with the wish for content which words. Read then and never kept, so what was
-- deleted, made private or packed meanwhile is told by its ids alone. Texts are cut at 10,000 characters.
create or replace function app_private.webhook_details(for_workspace uuid, kind text, facts jsonb, with_content boolean)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_strip_nulls(coalesce(case split_part(webhook_details.kind, '.', 1)
    when 'message' then (
      select jsonb_build_object('authorId', m.author_id, 'content', case when with_content then left(m.content, 10000) end)
      from app_public.messages m
      join app_public.conversations c on c.id = m.conversation_id
      where m.id = (facts ->> 'messageId')::uuid and m.workspace_id = for_workspace and c.visibility = 'workspace'
    )
    when 'conversation' then (
      select jsonb_build_object('ownerId', c.owner_id, 'title', case when with_content then c.title end)
      from app_public.conversations c
      where c.id = (facts ->> 'conversationId')::uuid and c.workspace_id = for_workspace and c.visibility = 'workspace'
    )
    when 'document' then (
      select jsonb_build_object(
        'ownerId', d.owner_id, 'title', case when with_content then d.title end, 'content', case when with_content then left(d.content, 10000) end
      )
      from app_public.documents d
      where d.id = (facts ->> 'documentId')::uuid and d.workspace_id = for_workspace and d.visibility = 'workspace'
    )
    when 'file' then (
      select jsonb_build_object(
        'ownerId', f.owner_id, 'errorCode', f.error_code, 'originalName', case when with_content then f.original_name end,
        'error', case when with_content then f.error end
      )
      from app_public.files f
      where f.id = (facts ->> 'fileId')::uuid and f.workspace_id = for_workspace and f.visibility = 'workspace'
    )
    when 'memory' then (
      select jsonb_build_object(
        'ownerId', i.owner_id, 'supersededBy', i.superseded_by, 'subject', case when with_content then i.subject end,
        'content', case when with_content and i.forgotten_at is null then i.content end
      )
      from app_public.memory_items i
      where i.id = (facts ->> 'memoryItemId')::uuid and i.workspace_id = for_workspace and i.visibility = 'workspace'
    )
    when 'event' then (
      select jsonb_build_object('source', e.source, 'eventType', e.event_type, 'error', case when with_content then e.error end)
      from app_public.raw_events e
      where e.id = (facts ->> 'rawEventId')::uuid and e.workspace_id = for_workspace and e.visibility = 'workspace'
    )
  end, '{}'));
$$;
comment on function app_private.webhook_details(uuid, text, jsonb, boolean) is 'What a delivery says beside its ids, as it is now, of what the workspace may read.';
