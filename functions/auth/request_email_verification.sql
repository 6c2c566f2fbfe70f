-- Proves that a person reads its address. The token goes there and nowhere else.
create or replace function app_public.request_email_verification()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqv_' || encode(gen_random_bytes(32), 'hex');
  validity interval := make_interval(hours => app_hidden.setting('verification_hours')::integer);
  pause interval := make_interval(secs => app_hidden.setting('mail_pause_seconds')::integer);
  me app_public.users;
begin
  perform app_hidden.require_session();
  select u.* into me from app_public.users u where u.id = app_hidden.current_user_id();
  if me.is_email_verified then
    return false;
  end if;
  update app_private.user_secrets s
  set verification_token_hash = sha256(convert_to(token, 'UTF8')), verification_expires_at = clock_timestamp() + validity
  where s.user_id = me.id
    and (s.verification_expires_at is null or s.verification_expires_at - validity + pause <= clock_timestamp());
  if found then
    perform app_private.send_mail(me.email::text, 'Your address at Colloquy', format(
      E'Please confirm that this is your address.\n\nToken: %s\n\nIt works once, for %s hours.',
      token, app_hidden.setting('verification_hours')
    ));
  end if;
  return true;
end
$$;
comment on function app_public.request_email_verification() is
  'Mails a token that verifies the address, at most one a minute. False when it is verified already. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.request_email_verification() to colloquy_user, colloquy_admin;
