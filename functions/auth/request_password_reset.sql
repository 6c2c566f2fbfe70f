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
  turn timestamptz;
  account uuid;
  recipient text;
begin
  perform app_private.require_mail();
  select u.id, u.email into account, recipient
  from app_public.users u
  where u.email = left(trim(request_password_reset.email), 255)::citext and u.is_active;

  -- a mailbox is not flooded by somebody who knows its address
  turn := app_private.mail_turn('password_reset', recipient);
  update app_private.user_secrets s
  set reset_token_hash = sha256(convert_to(token, 'UTF8')), reset_expires_at = turn + validity
  where s.user_id = account and turn is not null;
  perform app_private.queue_mail(
    'password_reset', recipient, jsonb_build_object('token', token, 'minutes', app_hidden.setting('reset_minutes')::integer), turn, turn + validity
  );
  if recipient is not null and turn is not null then
    perform app_private.log_event('user.password_reset_requested', account);
  end if;
  return true;
end
$$;
comment on function app_public.request_password_reset(text) is 'Mails a token for a new password, if there is such an account. The answer is always true. Error: CQ152 no mail here.';
grant execute on function app_public.request_password_reset(text) to colloquy_visitor, colloquy_user, colloquy_admin;
