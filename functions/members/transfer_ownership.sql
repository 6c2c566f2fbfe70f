-- Two roles change as one. It locks the workspace first and checks the caller's role behind the lock.
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
  perform app_private.require_recent_proof();
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
  'Makes a member an owner of the workspace of the request, and the caller an admin. Errors: CQ101 not signed in, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ142 prove who you are first, CQ204 no such member.';
grant execute on function app_public.transfer_ownership(uuid) to colloquy_user, colloquy_admin;
