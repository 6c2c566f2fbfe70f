-- For a person who lost the app, or the passkeys, and the recovery codes. Not by an administrator for the own account, which takes a code. Sessions
-- end: who has them is in doubt. Security definer: the tables are closed.
create or replace function app_public.remove_second_factor_of(account_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users;
begin
  perform app_private.require_installation_session();
  if account_id = app_hidden.current_user_id() then
    raise exception 'Your own second factor is removed by a code.' using errcode = 'CQ147', hint = 'Call removeSecondFactor, or ask another administrator.';
  end if;
  account := app_private.account_by_id(account_id);
  if not app_private.drop_second_factor(account.id) then
    return false;
  end if;
  delete from app_private.user_sessions s where s.user_id = account.id;
  perform app_private.log_event(
    'account.second_factor_removed', app_hidden.current_user_id(), entity_type => 'account', entity_id => account.id
  );
  return true;
end
$$;
comment on function app_public.remove_second_factor_of(uuid) is
  'Removes the second factor of somebody who lost it, app and passkeys, and ends the sessions of the account. False when there was none. Errors: CQ101 not signed in, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ147 the own one, CQ204 no such account.';
grant execute on function app_public.remove_second_factor_of(uuid) to colloquy_admin;
