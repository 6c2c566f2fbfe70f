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
  turn timestamptz;
  me app_public.users;
begin
  perform app_hidden.require_session(), app_private.require_mail();
  select u.* into me from app_public.users u where u.id = app_hidden.current_user_id();
  if me.is_email_verified then
    return false;
  end if;
  turn := app_private.mail_turn('verification', me.email::text);
  -- the token that is on its way stays as it is
  update app_private.user_secrets s
  set verification_token_hash = sha256(convert_to(token, 'UTF8')), verification_expires_at = greatest(turn, clock_timestamp()) + validity
  where s.user_id = me.id and turn is not null;
  perform app_private.queue_mail(
    'verification', me.email::text, jsonb_build_object('token', token, 'hours', app_hidden.setting('verification_hours')::integer),
    turn, turn + validity
  );
  return true;
end
$$;
comment on function app_public.request_email_verification() is
  'Mails a token that verifies the address, at most one a minute. False when it is verified already. Errors: CQ101 not signed in, CQ110 not with an API key, CQ152 no mail here.';
grant execute on function app_public.request_email_verification() to colloquy_user, colloquy_admin;
