-- The other half of add_passkey. The first second factor of an account comes with recovery codes, and ends the other sessions and sign-ins
-- that are under way: they were begun with less.
create or replace function app_public.confirm_passkey(passkey jsonb, name text default 'Passkey')
returns text[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant integer := 20;
  me uuid := app_hidden.current_user_id();
  made app_private.passkey_challenges;
  is_first boolean;
begin
  perform app_private.require_passkey_session();
  perform app_private.require_passkey_name(name);
  made := app_private.take_passkey_challenge(passkey);
  perform from app_public.users u where u.id = me for no key update;
  if most <= (select count(*) from app_private.passkeys p where p.user_id = me) then
    raise exception 'The account has % passkeys.', most using errcode = 'CQ154', hint = 'Remove one that is not used: myPasskeys, removePasskey.';
  end if;
  is_first := not app_private.has_second_factor(me);
  insert into app_private.passkeys (user_id, credential_id, public_key, counter, transports, name)
  select me, made.credential_id, made.public_key, made.counter, coalesce(made.transports, '{}'), trim(confirm_passkey.name)
  where made.public_key is not null
  on conflict (credential_id) do nothing;
  if not found then
    raise exception 'This passkey is not accepted.' using errcode = 'CQ148', hint = 'It has to be a new one, made with what addPasskey returned.';
  end if;
  perform app_private.log_event('user.passkey_added', me);
  perform app_private.send_notice(me, 'passkey_added');
  if not is_first then
    return array[]::text[];
  end if;
  delete from app_private.sign_in_challenges c where c.user_id = me;
  delete from app_private.user_sessions s where s.user_id = me and s.id is distinct from app_hidden.current_session_id();
  return app_private.new_recovery_codes(me);
end
$$;
comment on function app_public.confirm_passkey(jsonb, text) is
  'Adds the passkey that the browser made: from now on it signs in, and the password alone does not. Where the account had no second factor it ends the other sessions and returns ten recovery codes, shown this once; else none. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first, CQ144 challenge unknown, used or expired, CQ148 not accepted, CQ149 no passkeys here (in GraphQL), CQ154 20 passkeys, CQ200 the name.';
grant execute on function app_public.confirm_passkey(jsonb, text) to colloquy_user, colloquy_admin;
