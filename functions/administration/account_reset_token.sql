-- A token for a new password, for the operator who has the database itself and hands it over by another way than mail. It must never
-- be granted to a request role: an administrator gets no way into an account. The log says that it was made.
create or replace function app_private.account_reset_token(account_id uuid)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users := app_private.account_by_id(account_id);
  token text;
begin
  if not account.is_active then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Switch it on first.';
  end if;
  perform from app_private.user_secrets s where s.user_id = account.id for update;
  token := app_private.make_mail_token(
    account.id, 'reset', account.email::text, clock_timestamp(), make_interval(mins => app_hidden.setting('reset_minutes')::integer)
  );
  if token is null then
    raise exception 'A token was made a moment ago, or three of them still work.' using errcode = 'CQ162', hint = 'Use one of these, or wait until they expire.';
  end if;
  perform app_private.log_event('account.reset_token_made', app_hidden.current_user_id(), entity_type => 'account', entity_id => account.id);
  return token;
end
$$;
comment on function app_private.account_reset_token(uuid) is 'A token for resetPassword, for the operator alone. Raises CQ108 switched off, CQ162 too many, CQ204 no such account.';
