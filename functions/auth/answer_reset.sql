-- Mails a token for a new password, where there is such an account. No other answer goes anywhere.
create or replace function app_private.answer_reset(email text)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  minutes integer := app_hidden.setting('reset_minutes')::integer;
  account app_public.users;
  turn timestamptz;
  token text;
begin
  select u.* into account
  from app_public.users u
  join app_private.user_secrets s on s.user_id = u.id
  where u.email = answer_reset.email::citext and (u.is_active or app_private.may_return(u.id))
  for update of s;
  if account.id is null then
    return;
  end if;
  turn := app_private.mail_turn('password_reset', account.email::text);
  token := app_private.make_mail_token(account.id, 'reset', account.email::text, turn, make_interval(mins => minutes));
  if token is null then
    return;
  end if;
  perform app_private.queue_mail(
    'password_reset', account.email::text, jsonb_build_object('token', token, 'minutes', minutes), turn, turn + make_interval(mins => minutes)
  );
  perform app_private.log_event('user.password_reset_requested', account.id);
end
$$;
comment on function app_private.answer_reset(text) is 'Mails a token for a new password to an address that has an account.';
