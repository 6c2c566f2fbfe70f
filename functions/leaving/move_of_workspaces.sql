-- A workspace that is frozen is on its way to another installation, with an archive that was made or is being made of it. What is erased
-- here in the meantime would be there, and nobody would know: so an erasure waits until the workspace is open again, or gone.
create or replace function app_private.move_of_workspaces(of_workspaces uuid[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('%s moves to another installation.', w.name)
  from app_public.workspaces w
  where w.id = any (of_workspaces) and w.frozen_at is not null
  order by w.id
  limit 1;
$$;
comment on function app_private.move_of_workspaces(uuid[]) is 'Says which of some workspaces moves to another installation; null when none does.';
-- Deliberately not granted: functions that erase a person call it.
