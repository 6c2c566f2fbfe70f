-- Removes one of the caller's own passkeys, and ends the other sessions: who has the device may have begun one. Never the last second
-- factor: what takes that away is remove_second_factor, by a code.
create or replace function app_public.remove_passkey(id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
begin
  perform app_private.require_passkey_session();
  perform from app_public.users u where u.id = me for no key update;
  delete from app_private.passkeys p where p.id = remove_passkey.id and p.user_id = me;
  if not found then
    raise exception 'There is no such passkey.' using errcode = 'CQ204', hint = 'List your passkeys with myPasskeys.';
  end if;
  if not app_private.has_second_factor(me) then
    raise exception 'This is the only second factor of the account.' using errcode = 'CQ155',
      hint = 'Add another one first; or call removeSecondFactor with a recovery code.';
  end if;
  delete from app_private.user_sessions s where s.user_id = me and s.id is distinct from app_hidden.current_session_id();
  perform app_private.log_event('user.passkey_removed', me);
  perform app_private.send_notice(me, 'passkey_removed');
  return true;
end
$$;
comment on function app_public.remove_passkey(uuid) is
  'Removes a passkey of the caller and ends the other sessions. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first, CQ155 the only second factor, CQ204 no such passkey.';
grant execute on function app_public.remove_passkey(uuid) to colloquy_user, colloquy_admin;
