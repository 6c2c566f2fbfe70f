-- Mails somebody a token for a new password, as if the person had asked for it. The administrator sees no token, so this gives no
-- way into the account.
create or replace function app_public.reset_account_password(account_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users;
begin
  perform app_private.require_installation_session();
  account := app_private.account_by_id(account_id);
  if not account.is_active then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Switch it on first.';
  end if;
  perform app_private.log_event(
    'account.password_reset_requested', app_hidden.current_user_id(), entity_type => 'account', entity_id => account.id
  );
  return app_public.request_password_reset(account.email::text);
end
$$;
comment on function app_public.reset_account_password(uuid) is
  'Mails a token for a new password to the person of an account. Errors: CQ101 not signed in, CQ108 switched off, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ204 no such account.';
grant execute on function app_public.reset_account_password(uuid) to colloquy_admin;
