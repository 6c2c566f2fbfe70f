-- The member that a change is about. The caller holds the lock of the workspace.
create or replace function app_private.find_member(of_workspace uuid, wanted uuid)
returns app_public.workspace_members
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.workspace_members;
begin
  select m.* into result from app_public.workspace_members m where m.workspace_id = of_workspace and m.user_id = wanted;
  if result.user_id is null then
    raise exception 'There is no such member.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return result;
end
$$;
comment on function app_private.find_member(uuid, uuid) is 'A member of a workspace. Raises CQ204.';
