-- The other half of request_email_verification and of registering where addresses must be proved: who has the token reads the
-- address that it was sent to. It says nothing of an address that the account has had since.
create or replace function app_public.verify_email(token text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account uuid;
begin
  delete from app_private.mail_tokens t using app_public.users u
  where t.token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and t.kind = 'verification' and t.expires_at > clock_timestamp()
    and u.id = t.user_id and u.email = t.email
  returning t.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestEmailVerification.';
  end if;
  update app_public.users u set is_email_verified = true where u.id = account;
  delete from app_private.mail_tokens t where t.user_id = account and t.kind = 'verification';
  perform app_private.log_event('user.email_verified', account);
  return true;
end
$$;
comment on function app_public.verify_email(text) is 'Verifies an address by a token from a mail. Error: CQ112 token unknown, used or expired.';
grant execute on function app_public.verify_email(text) to colloquy_visitor, colloquy_user, colloquy_admin;
