-- Whether a hold on a kind keeps things of another one from being deleted: some take others along, or are kept for others. With a conversation go
-- its analytics, and its entries of the usage log and its attachments lose it; with a file goes its document; what a memory or an event said
-- stays while an answer that is held cites it. Events share the passages of what they say, so a hold on one kind of them keeps both. Inlined: no settings.
create or replace function app_private.is_kind_kept(held app_public.retention_kind, for_kind app_public.retention_kind)
returns boolean
language sql
immutable
as $$
  select held is null or held = for_kind
    or for_kind = 'conversations' and held in ('usage_logs', 'files', 'conversation_analytics')
    or for_kind = 'files' and held in ('conversations', 'documents')
    or for_kind in ('memory_items', 'raw_events', 'imported_events') and held = 'conversations'
    or for_kind in ('raw_events', 'imported_events') and held in ('raw_events', 'imported_events');
$$;
comment on function app_private.is_kind_kept(app_public.retention_kind, app_public.retention_kind) is 'Whether a hold on a kind, or with null on all, keeps things of a kind.';
-- Deliberately not granted: functions that delete call it.
