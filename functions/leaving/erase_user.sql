-- An administrator erases somebody else, on request. The own account goes by delete_my_account, with its own confirmation.
create or replace function app_public.erase_user(account_id uuid, reason text, hand_over_to uuid default null)
returns app_public.account_erasure
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  erasure app_hidden.pending_erasures;
begin
  perform app_private.require_installation_session();
  if account_id = app_hidden.current_user_id() then
    raise exception 'This is your own account.' using errcode = 'CQ161', hint = 'Call deleteMyAccount, or have another administrator do it.';
  end if;
  erasure := app_private.begin_erasure(account_id, erase_user.reason, hand_over_to);
  return app_private.account_erasure_of(erasure.id);
end
$$;
comment on function app_public.erase_user(uuid, text, uuid) is
  'Erases a person everywhere, for good; workspaces that it alone owns go to a member of each. The certificate keeps the reason. Errors: CQ101 not signed in, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ160 the last administrator, CQ161 the own account, CQ200 unusable reason, CQ204 no such account, CQ761 the only owner of workspaces, CQ762 a legal hold, CQ793 a workspace moves to another installation.';
grant execute on function app_public.erase_user(uuid, text, uuid) to colloquy_admin;
