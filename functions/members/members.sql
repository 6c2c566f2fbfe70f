-- Roles of members, and their leaving. Each locks the workspace first and checks the caller's role behind the lock. That an
-- owner remains is seen to here, for a clear error at once, and again by the trigger keep_an_owner, whatever writes.
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

create or replace function app_private.require_other_owner(leaving app_public.workspace_members)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if leaving.role = 'owner' and not exists (
    select from app_public.workspace_members m
    where m.workspace_id = leaving.workspace_id and m.role = 'owner' and m.user_id <> leaving.user_id
  ) then
    raise exception 'A workspace keeps at least one owner.' using errcode = 'CQ111', hint = 'Make somebody else an owner first: transferOwnership.';
  end if;
end
$$;
comment on function app_private.require_other_owner(app_public.workspace_members) is 'Raises CQ111 when a member is the only owner.';

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
  caller := app_private.lock_workspace();
  target := app_private.find_member(caller.workspace_id, change_member_role.user_id);
  perform app_private.require_rank(caller, target.role), app_private.require_rank(caller, change_member_role.role);
  if change_member_role.role is null then
    raise exception 'The role is missing.' using errcode = 'CQ200', hint = 'Name one of owner, admin, member, viewer.';
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
  'Gives a member of the workspace of the request another role. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ111 the last owner, CQ113 personal, CQ114 not allowed, CQ204 no such member.';
grant execute on function app_public.change_member_role(uuid, app_public.member_role) to colloquy_user, colloquy_admin;

create or replace function app_public.remove_member(user_id uuid)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
begin
  caller := app_private.lock_workspace();
  target := app_private.find_member(caller.workspace_id, remove_member.user_id);
  perform app_private.require_rank(caller, target.role), app_private.require_other_owner(target);
  delete from app_public.workspace_members m where m.workspace_id = target.workspace_id and m.user_id = target.user_id;
  return target;
end
$$;
comment on function app_public.remove_member(uuid) is
  'Ends a membership in the workspace of the request; keys of that member go with it, content stays. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ111 the last owner, CQ113 personal, CQ114 not allowed, CQ204 no such member.';
grant execute on function app_public.remove_member(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.leave_workspace()
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
begin
  perform app_hidden.require_session();
  caller := app_private.lock_workspace(for_managing => false);
  perform app_private.require_other_owner(caller);
  delete from app_public.workspace_members m where m.workspace_id = caller.workspace_id and m.user_id = caller.user_id;
  return caller;
end
$$;
comment on function app_public.leave_workspace() is
  'Ends the caller''s membership in the workspace of the request. Errors: CQ101 not signed in, CQ110 not with an API key, CQ111 the last owner, CQ113 personal.';
grant execute on function app_public.leave_workspace() to colloquy_user, colloquy_admin;

create or replace function app_public.transfer_ownership(user_id uuid)
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
  perform app_hidden.require_session();
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, 'owner');
  target := app_private.find_member(caller.workspace_id, transfer_ownership.user_id);
  if target.user_id = caller.user_id then
    return caller;
  end if;
  update app_public.workspace_members m
  set role = 'owner'
  where m.workspace_id = target.workspace_id and m.user_id = target.user_id
  returning * into result;
  update app_public.workspace_members m set role = 'admin' where m.workspace_id = caller.workspace_id and m.user_id = caller.user_id;
  return result;
end
$$;
comment on function app_public.transfer_ownership(uuid) is
  'Makes a member an owner of the workspace of the request, and the caller an admin. Errors: CQ101 not signed in, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ204 no such member.';
grant execute on function app_public.transfer_ownership(uuid) to colloquy_user, colloquy_admin;
