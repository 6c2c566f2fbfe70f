-- The leaving of a member by its own will. It locks the workspace first and looks behind the lock whether an owner remains.
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
