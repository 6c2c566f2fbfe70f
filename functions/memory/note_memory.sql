-- The history of a new memory, and of the one whose place it takes.
create or replace function app_private.note_memory(made app_public.memory_items, former uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
  values (made.workspace_id, made.owner_id, made.id, 'remembered');
  if former is not null then
    update app_public.memory_items m set superseded_by = made.id where m.id = former;
    insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
    values (made.workspace_id, made.owner_id, former, 'superseded');
  end if;
end
$$;
comment on function app_private.note_memory(app_public.memory_items, uuid) is 'Writes into the history that a memory was made, and that it superseded another; null for none.';
-- Deliberately not granted: app_public.remember calls it.
