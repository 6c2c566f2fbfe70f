-- What acceptance does, whichever way it came: the invitation is used up, and its token with it.
create or replace function app_private.join_by_invitation(invitation app_public.workspace_invitations)
returns app_public.workspace_members
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  result app_public.workspace_members;
begin
  update app_public.workspace_invitations i set accepted_at = clock_timestamp(), accepted_by = me where i.id = invitation.id;
  delete from app_private.workspace_invitation_secrets s where s.invitation_id = invitation.id;
  insert into app_public.workspace_members (workspace_id, user_id, role)
  values (invitation.workspace_id, me, invitation.role)
  on conflict do nothing
  returning * into result;
  if result.user_id is null then
    raise exception 'You are a member already.' using errcode = 'CQ115', hint = 'Name the workspace in X-Workspace-Id.';
  end if;
  return result;
end
$$;
comment on function app_private.join_by_invitation(app_public.workspace_invitations) is 'Makes the caller a member. Raises CQ115.';
