-- The space that every account has to itself from its first moment, whichever way it was made.
create or replace function app_private.create_personal_workspace(for_user uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  new_workspace_id uuid;
begin
  insert into app_public.workspaces (name, is_personal) values ('Personal', true) returning id into new_workspace_id;
  insert into app_public.workspace_members (workspace_id, user_id, role) values (new_workspace_id, for_user, 'owner');
end
$$;
comment on function app_private.create_personal_workspace(uuid) is 'Gives a new account its personal workspace.';
