-- The other half of request_email_verification: who has the token reads the address that it was sent to.
create or replace function app_public.verify_email(token text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account uuid;
begin
  update app_private.user_secrets s
  set verification_token_hash = null, verification_expires_at = null
  where s.verification_token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and s.verification_expires_at > clock_timestamp()
  returning s.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestEmailVerification.';
  end if;
  update app_public.users u set is_email_verified = true where u.id = account;
  perform app_private.log_event('user.email_verified', account);
  return true;
end
$$;
comment on function app_public.verify_email(text) is 'Verifies an address by a token from a mail. Error: CQ112 token unknown, used or expired.';
grant execute on function app_public.verify_email(text) to colloquy_visitor, colloquy_user, colloquy_admin;
