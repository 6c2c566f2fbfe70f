-- The end of every way to sign in here: who leaves comes back, the sign-in is logged with how it was done, and a session begins. The caller has
-- seen every proof that the account asks for.
create or replace function app_private.finish_sign_in(account app_public.users, how jsonb default null)
returns app_public.authentication
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if not account.is_active and not app_private.return_account(account.id) then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;
  update app_public.users u set last_login_at = now() where u.id = account.id;
  perform app_private.log_event('user.signed_in', account.id, new_values => how);
  return app_private.create_session(account.id);
end
$$;
comment on function app_private.finish_sign_in(app_public.users, jsonb) is 'Begins the session of a sign-in. Raises CQ108 where the account is switched off.';
-- Deliberately not granted: functions of signing in call it, and have checked the proofs.
