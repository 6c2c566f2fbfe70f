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
