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
  if not account.is_active and not app_private.return_account(account.id) then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;
  if not account.is_email_verified and app_private.must_verify_email() then
    raise exception 'The address of this account is not proved yet.' using errcode = 'CQ134',
      hint = 'Call verifyEmail with the token from the mail, or requestPasswordReset, which proves it, too.';
  end if;
  if used.needs_password then
    raise exception 'The password of the account was reset; the passkey needs it once.' using errcode = 'CQ156',
      hint = 'Call signIn, then confirmSignIn with its challenge and the passkey.';
  end if;
  update app_public.users u set last_login_at = now() where u.id = account.id;
  perform app_private.log_event('user.signed_in', account.id, new_values => jsonb_build_object('passkey', used.id));
  return app_private.create_session(account.id);
end
$$;
comment on function app_public.sign_in_with_passkey(jsonb) is
  'Signs in with what navigator.credentials.get() answers to challengePasskey. Errors: CQ108 switched off, CQ134 the address is not proved yet, CQ144 challenge unknown, used or expired, CQ148 not accepted, CQ149 no passkeys here (in GraphQL), CQ156 with the password only.';
grant execute on function app_public.sign_in_with_passkey(jsonb) to colloquy_visitor, colloquy_user, colloquy_admin;
