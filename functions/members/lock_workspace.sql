-- The first line of everything that changes who belongs to a workspace. It locks the workspace, so that such changes come
-- one after another, and reads the caller's role behind the lock: the claims were true when the request began, and the
-- caller may have been demoted since.
create or replace function app_private.lock_workspace(for_managing boolean default true)
returns app_public.workspace_members
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace app_public.workspaces;
  caller app_public.workspace_members;
begin
  perform app_hidden.require_member();
  if not app_hidden.has_scope('admin') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "admin", or sign in.';
  end if;
  select w.* into workspace from app_public.workspaces w where w.id = app_hidden.current_workspace_id() for no key update;
  select m.* into caller
  from app_public.workspace_members m
  where m.workspace_id = workspace.id and m.user_id = app_hidden.current_user_id();
  if caller.user_id is null then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, and name one in X-Workspace-Id.';
  end if;
  if for_managing and caller.role not in ('owner', 'admin') then
    raise exception 'Only owners and admins of the workspace may do this.' using errcode = 'CQ114', hint = 'Ask one of them.';
  end if;
  if workspace.frozen_at is not null then
    raise exception 'This workspace moves to another installation: nobody writes in it.' using errcode = 'CQ790', hint = 'Ask the operator when and where it opens again.';
  end if;
  if workspace.is_personal then
    raise exception 'A personal workspace has one member.' using errcode = 'CQ113', hint = 'Make one to share: createWorkspace, then name it in X-Workspace-Id.';
  end if;
  return caller;
end
$$;
comment on function app_private.lock_workspace(boolean) is
  'The caller''s membership in the workspace of the request, which is locked against other changes of members. Raises CQ101, CQ107, CQ110, CQ113, CQ114, CQ790.';
