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
