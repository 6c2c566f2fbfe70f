-- Forgetting. Security definer, like remember(). Only the owner of a memory may; it is kept, closed and out of every search,
-- until retention clears it away.
create or replace function app_public.forget(id uuid)
returns app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  item app_public.memory_items := app_private.lock_memory(forget.id);
  at timestamptz := greatest(clock_timestamp(), lower(item.validity) + interval '1 microsecond');
begin
  if item.forgotten_at is not null then
    return item;
  end if;
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change, old_values)
  values (item.workspace_id, item.owner_id, item.id, 'forgotten', jsonb_build_object('isCurrent', upper_inf(item.validity)));
  update app_public.memory_items m
  set forgotten_at = at, validity = case when upper_inf(m.validity) then tstzrange(lower(m.validity), at) else m.validity end, updated_at = at
  where m.id = item.id
  returning * into item;
  return item;
end
$$;
comment on function app_public.forget(uuid) is
  'Forgets a memory: it is found no more, until undoMemory brings it back. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such memory.';
grant execute on function app_public.forget(uuid) to colloquy_user, colloquy_admin;
