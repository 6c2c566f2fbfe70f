-- The same text once more: the memory counts for more, lives as long as the longer of the two, and its history says so.
create or replace function app_private.merge_memory(existing app_public.memory_items, weight real, expires_at timestamptz)
returns app_public.memory_items
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.memory_items;
begin
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change, old_values)
  values (existing.workspace_id, existing.owner_id, existing.id, 'merged', jsonb_build_object('importance', existing.importance, 'expiresAt', existing.expires_at));
  update app_public.memory_items m
  set importance = least(1, greatest(m.importance, weight) + 0.05),
    expires_at = case when merge_memory.expires_at is null then null else greatest(m.expires_at, merge_memory.expires_at) end,
    updated_at = clock_timestamp()
  where m.id = existing.id
  returning * into result;
  return result;
end
$$;
comment on function app_private.merge_memory(app_public.memory_items, real, timestamptz) is
  'Merges a near-duplicate into the memory that is there, which the caller holds locked; returns it.';
-- Deliberately not granted: app_public.remember calls it.
