-- A new proof for this session, for what require_recent_proof guards: a code or a passkey where the account has a second factor, or
-- else the password. Returns false for a wrong one, so that it is counted.
create or replace function app_public.prove_identity(password text default null, code text default null, passkey jsonb default null)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  counters text[] := app_private.session_counter();
  is_right boolean;
begin
  perform app_hidden.require_session();
  if app_hidden.current_session_id() is null then
    raise exception 'The identity provider proves who you are.' using errcode = 'CQ142', hint = 'Sign in again there.';
  end if;
  perform app_private.require_attempt(counters);
  if app_private.has_second_factor(me) then
    if prove_identity.code is null and passkey is null then
      raise exception 'A second factor is needed.' using errcode = 'CQ140', hint = 'Pass a code of your authenticator app, a recovery code, or a passkey.';
    end if;
    if passkey is null then
      is_right := app_private.use_code(me, prove_identity.code);
    else
      is_right := (app_private.use_passkey(passkey)).user_id = me;
    end if;
  else
    select crypt(left(prove_identity.password, 1000), s.password_hash) = s.password_hash into is_right
    from app_private.user_secrets s where s.user_id = me for update;
  end if;
  if is_right is not true then
    perform app_private.count_failed_attempt(me, counters);
    return false;
  end if;
  delete from app_private.sign_in_failures f where f.counter = counters[1];
  update app_private.user_sessions s set proved_at = now() where s.id = app_hidden.current_session_id() and s.user_id = me;
  return found;
end
$$;
comment on function app_public.prove_identity(text, text, jsonb) is
  'Proves in this session again who the caller is: by a code or a passkey where the account has a second factor, or else by the password. Errors: CQ101 not signed in, CQ102 wrong password or code (in SQL: false), CQ103 too many failures, wait, CQ110 not with an API key, CQ140 a code or a passkey is needed, CQ142 by the identity provider, CQ144 challenge unknown, used or expired, CQ148 passkey not accepted, CQ149 no passkeys here (in GraphQL).';
grant execute on function app_public.prove_identity(text, text, jsonb) to colloquy_user, colloquy_admin;
