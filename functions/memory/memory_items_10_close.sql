-- A memory that no longer holds is unfindable at once: its chunks go in the same transaction, and come back through the
-- queue when it holds again.
create or replace function app_private.drop_chunks_of_closed_memory()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_public.chunks c where c.workspace_id = new.workspace_id and c.memory_item_id = new.id;
  new.chunked_hash := null;
  return new;
end
$$;
comment on function app_private.drop_chunks_of_closed_memory() is 'Trigger: removes the chunks of a memory that no longer holds.';

create or replace trigger memory_items_10_close
before update of validity on app_public.memory_items
for each row when (upper_inf(old.validity) and not upper_inf(new.validity))
execute function app_private.drop_chunks_of_closed_memory();

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
