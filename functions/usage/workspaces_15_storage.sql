-- Every workspace has its slots from the beginning: what counts storage later only changes them, and needs no lock of the workspace,
-- for which whoever deletes it would wait in a circle.
create or replace function app_private.make_storage_slots()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_private.workspace_storage (workspace_id, slot)
  select n.id, s.slot from new_rows n cross join generate_series(0, 15) as s (slot)
  on conflict on constraint workspace_storage_pkey do nothing;
  return null;
end
$$;
comment on function app_private.make_storage_slots() is 'Trigger: makes the rows of workspace_storage.';

create or replace trigger workspaces_15_storage after insert on app_public.workspaces
referencing new table as new_rows for each statement execute function app_private.make_storage_slots();
