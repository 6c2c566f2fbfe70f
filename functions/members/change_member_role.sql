-- The role of a member. It locks the workspace first and checks the caller's role behind the lock.
create or replace function app_public.change_member_role(user_id uuid, role app_public.member_role)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
  result app_public.workspace_members;
begin
  -- as far as transfer_ownership goes
  if change_member_role.role = 'owner' then
    perform app_hidden.require_session();
    perform app_private.require_recent_proof();
  end if;
  caller := app_private.lock_workspace();
  target := app_private.find_member(caller.workspace_id, change_member_role.user_id);
  perform app_private.require_rank(caller, target.role), app_private.require_rank(caller, change_member_role.role);
  if change_member_role.role is null then
    raise exception 'The role is missing.' using errcode = 'CQ200', column = 'role', hint = 'Name one of owner, admin, member, viewer.';
  end if;
  if change_member_role.role <> 'owner' then
    perform app_private.require_other_owner(target);
  end if;
  update app_public.workspace_members m
  set role = change_member_role.role
  where m.workspace_id = target.workspace_id and m.user_id = target.user_id
  returning * into result;
  return result;
end
$$;
comment on function app_public.change_member_role(uuid, app_public.member_role) is
  'Gives a member of the workspace of the request another role. Errors: CQ101 not signed in, CQ110 API key without "admin", or to make an owner with one, CQ111 the last owner, CQ113 personal, CQ114 not allowed, CQ142 prove who you are first, to make an owner, CQ204 no such member.';
grant execute on function app_public.change_member_role(uuid, app_public.member_role) to colloquy_user, colloquy_admin;
