-- Another address for the account of the caller, who gives the password: an open session alone must not be able to take the
-- account away. The token goes to the new address, the same mail whether it has an account or not; until it comes back the old
-- one counts. Returns false for a wrong password, as change_password does, and counts with it.
create or replace function app_public.request_email_change(email text, password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  hours constant integer := app_hidden.setting('verification_hours')::integer;
  me uuid := app_hidden.current_user_id();
  counters text[] := app_private.session_counter();
  address text := trim(request_email_change.email);
  current_hash text;
  turn timestamptz;
  token text;
begin
  perform app_hidden.require_session(), app_private.require_mail();
  perform app_private.require_recent_proof();
  perform app_private.require_attempt(counters);
  select s.password_hash into current_hash from app_private.user_secrets s where s.user_id = me for update;
  if password is null or octet_length(password) > 1000 or crypt(password, current_hash) <> current_hash then
    perform app_private.count_failed_attempt(me, counters);
    return false;
  end if;
  if address is null or char_length(address) > 254 or address !~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$' then
    perform app_private.refuse_account('users_email_format');
  end if;
  if app_hidden.setting('registration') = 'domain' then
    perform app_private.require_registration(address);
  end if;
  turn := app_private.mail_turn('new_address', address);
  token := app_private.make_mail_token(me, 'address', address, turn, make_interval(hours => hours));
  if token is null then
    return true;
  end if;
  perform app_private.queue_mail(
    'new_address', address, jsonb_build_object('token', token, 'hours', hours), turn, turn + make_interval(hours => hours)
  );
  perform app_private.log_event('user.email_change_requested', me);
  return true;
end
$$;
comment on function app_public.request_email_change(text, text) is
  'Mails a token to a new address of the caller; confirmEmailChange takes it. Errors: CQ101 not signed in, CQ102 the password is wrong (in SQL: false), CQ103 too many failures, wait, CQ110 not with an API key, CQ133 another domain, CQ142 prove who you are first, CQ200 no address.';
grant execute on function app_public.request_email_change(text, text) to colloquy_user, colloquy_admin;
