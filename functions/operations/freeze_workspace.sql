-- A workspace that moves to another installation is read and not written: what is written after its export would be left behind. Its
-- members are viewers then (choose_workspace), and who belongs to it does not change (lock_workspace).
create or replace function app_private.freeze_workspace(workspace uuid, is_frozen boolean)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  update app_public.workspaces w
  set frozen_at = case when is_frozen then coalesce(w.frozen_at, clock_timestamp()) end
  where w.id = freeze_workspace.workspace
  returning w.* into result;
  if result.id is null then
    raise exception 'There is no workspace %.', freeze_workspace.workspace using errcode = 'CQ687', hint = 'Its id is what clients have as workspace.id.';
  end if;
  perform app_private.log_event(
    case when is_frozen then 'workspace.frozen' else 'workspace.thawed' end, null, result.id, 'workspace', result.id
  );
  return result.frozen_at;
end
$$;
comment on function app_private.freeze_workspace(uuid, boolean) is
  'Lets nobody write in a workspace, or lets them again; returns since when nobody does. Error: CQ687 no such workspace.';
-- Deliberately not granted: the owner's login calls it, by npm run ops -- workspace freeze.
