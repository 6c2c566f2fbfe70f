-- The leaving of a member by the will of others. It locks the workspace first and checks the caller's role behind the lock.
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
