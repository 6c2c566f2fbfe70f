-- A memory that holds and has no chunks is indexed by the queue: a new one, and one that holds again (memory_items_10_close).
create or replace function app_private.enqueue_changed_memories()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', n.workspace_id, 'sourceType', 'memory', 'sourceId', n.id),
    'memory:' || n.id,
    n.workspace_id::text
  )
  from new_memories n
  where upper_inf(n.validity) and n.chunked_hash is distinct from n.content_hash;
  return null;
end
$$;
comment on function app_private.enqueue_changed_memories() is 'Trigger: enqueues the indexing of memories that hold and have no chunks.';

create or replace trigger memory_items_20_enqueue_insert
after insert on app_public.memory_items
referencing new table as new_memories
for each statement execute function app_private.enqueue_changed_memories();

create or replace trigger memory_items_20_enqueue_update
after update on app_public.memory_items
referencing new table as new_memories
for each statement execute function app_private.enqueue_changed_memories();
