-- Mails a token that verifies the address of an account, unless enough are on their way.
create or replace function app_private.send_verification(account app_public.users)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  hours integer := app_hidden.setting('verification_hours')::integer;
  turn timestamptz;
  token text;
begin
  perform from app_private.user_secrets s where s.user_id = account.id for update;
  turn := app_private.mail_turn('verification', account.email::text);
  token := app_private.make_mail_token(account.id, 'verification', account.email::text, turn, make_interval(hours => hours));
  if token is not null then
    perform app_private.queue_mail(
      'verification', account.email::text, jsonb_build_object('token', token, 'hours', hours), turn, turn + make_interval(hours => hours)
    );
  end if;
end
$$;
comment on function app_private.send_verification(app_public.users) is 'Mails a token that verifies the address of an account, at most one a minute.';
