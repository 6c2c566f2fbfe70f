-- Signs in by a passkey alone, which is two factors: the device, and what opens it. After a reset of the password by mail only with the new
-- password (confirm_sign_in): whoever the reset shut out may have added a passkey before.
create or replace function app_public.sign_in_with_passkey(passkey jsonb)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  used app_private.passkeys := app_private.use_passkey(passkey);
  account app_public.users;
begin
  select u.* into account from app_public.users u where u.id = used.user_id;
  perform app_private.require_admission(account);
  if used.needs_password then
    raise exception 'The password of the account was reset; the passkey needs it once.' using errcode = 'CQ156',
      hint = 'Call signIn, then confirmSignIn with its challenge and the passkey.';
  end if;
  return app_private.finish_sign_in(account, jsonb_build_object('passkey', used.id));
end
$$;
comment on function app_public.sign_in_with_passkey(jsonb) is
  'Signs in with what navigator.credentials.get() answers to challengePasskey. Errors: CQ108 switched off, CQ134 the address is not proved yet, CQ144 challenge unknown, used or expired, CQ148 not accepted, CQ149 no passkeys here (in GraphQL), CQ156 with the password only.';
grant execute on function app_public.sign_in_with_passkey(jsonb) to colloquy_visitor, colloquy_user, colloquy_admin;
