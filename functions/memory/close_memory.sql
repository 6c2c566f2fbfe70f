-- A value that another takes the place of was true until then; after its beginning, also when the clock jumped back.
create or replace function app_private.close_memory(existing app_public.memory_items, inout since timestamptz)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  since := greatest(since, lower(existing.validity) + interval '1 microsecond');
  update app_public.memory_items m
  set validity = tstzrange(lower(m.validity), since), updated_at = since
  where m.id = existing.id;
end
$$;
comment on function app_private.close_memory(app_public.memory_items, timestamptz) is 'Ends the validity of a locked memory, and returns when.';
-- Deliberately not granted: app_public.remember calls it.
