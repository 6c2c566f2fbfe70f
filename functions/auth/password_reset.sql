-- A new password for somebody who forgot the old one. The request gives the same answer for every address and takes the
-- same way: the token is made, the same statements run, and for an unknown address they touch no row. Nothing that it
-- returns may depend on the account.
create or replace function app_public.request_password_reset(email text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqr_' || encode(gen_random_bytes(32), 'hex');
  validity interval := make_interval(mins => app_hidden.setting('reset_minutes')::integer);
  pause interval := make_interval(secs => app_hidden.setting('mail_pause_seconds')::integer);
  account uuid;
  recipient text;
begin
  select u.id into account
  from app_public.users u
  where u.email = left(trim(request_password_reset.email), 255)::citext and u.is_active;

  update app_private.user_secrets s
  set reset_token_hash = sha256(convert_to(token, 'UTF8')), reset_expires_at = clock_timestamp() + validity
  from app_public.users u
  where s.user_id = account and u.id = s.user_id
    -- a mailbox is not flooded by whoever knows its address
    and (s.reset_expires_at is null or s.reset_expires_at - validity + pause <= clock_timestamp())
  returning u.email into recipient;

  perform app_private.send_mail(recipient, 'A new password for Colloquy', format(
    E'Somebody, probably you, asked for a new password.\n\nToken: %s\n\nIt works once, for %s minutes. If it was not you, do nothing.',
    token, app_hidden.setting('reset_minutes')
  ));
  if recipient is not null then
    perform app_private.log_event('user.password_reset_requested', account);
  end if;
  return true;
end
$$;
comment on function app_public.request_password_reset(text) is 'Mails a token for a new password, if there is such an account. The answer is always true.';
grant execute on function app_public.request_password_reset(text) to colloquy_visitor, colloquy_user, colloquy_admin;

-- The token is used up by the update that looks for it: of two at once the second finds it gone.
create or replace function app_public.reset_password(token text, new_password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account uuid;
begin
  update app_private.user_secrets s
  set
    password_hash = app_private.hash_password(new_password), failed_attempts = 0, locked_until = null,
    reset_token_hash = null, reset_expires_at = null
  from app_public.users u
  where s.reset_token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and s.reset_expires_at > clock_timestamp()
    and u.id = s.user_id and u.is_active
  returning s.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestPasswordReset.';
  end if;
  -- who reads the mailbox has proved it
  update app_public.users u set is_email_verified = true where u.id = account and not u.is_email_verified;
  if found then
    -- whoever came by an identity provider before has not, and comes in no more
    delete from app_private.user_identities i where i.user_id = account;
  end if;
  -- who lost control of the account, or never had it, has it now, and nobody else: the keys of programs end as well, whoever
  -- made them
  update app_public.api_keys k set is_active = false where k.owner_id = account and k.is_active;
  delete from app_private.user_sessions s where s.user_id = account;
  perform app_private.log_event('user.password_reset', account);
  return true;
end
$$;
comment on function app_public.reset_password(text, text) is
  'Sets a new password by a token from a mail, ends all sessions and revokes all API keys of the account. Errors: CQ105 too short or too long, CQ112 token unknown, used or expired.';
grant execute on function app_public.reset_password(text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
