-- An account for somebody, whatever registration allows. It has no password: the person chooses one with the token of the mail,
-- which proves the address, and nobody else learns it.
create or replace function app_public.invite_account(email text, display_name text default null, role app_public.user_role default 'user')
returns app_public.users
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
begin
  perform app_private.require_installation_session();
  account := app_private.create_account(
    invite_account.email, crypt(encode(gen_random_bytes(32), 'hex'), gen_salt('bf', app_hidden.setting('password_hash_cost')::integer)),
    null, invite_account.display_name, false
  );
  update app_public.users u set role = coalesce(invite_account.role, 'user') where u.id = account.id returning u.* into account;
  perform app_private.log_event('account.invited', app_hidden.current_user_id(), entity_type => 'account', entity_id => account.id);
  -- without mail the operator hands over a token: account_reset_token
  if app_hidden.setting('mail_delivery') = 'on' then
    perform app_public.request_password_reset(account.email::text);
  end if;
  return account;
end
$$;
comment on function app_public.invite_account(text, text, app_public.user_role) is
  'Makes an account and mails a token to choose its password. Errors: CQ101 not signed in, CQ104 taken, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ200 malformed.';
grant execute on function app_public.invite_account(text, text, app_public.user_role) to colloquy_admin;
