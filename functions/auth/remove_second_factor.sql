-- By a code, however recently the caller signed in: a session alone must not take away what protects the account from sessions
-- that leak. Returns false for a wrong code, as change_password does for a wrong password.
create or replace function app_public.remove_second_factor(code text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  counters text[] := app_private.session_counter();
begin
  perform app_hidden.require_session();
  perform app_private.require_attempt(counters);
  if not app_private.has_second_factor(me) then
    raise exception 'The account has no second factor.' using errcode = 'CQ146', hint = 'There is nothing to remove.';
  end if;
  if not app_private.use_code(me, remove_second_factor.code) then
    perform app_private.count_failed_attempt(me, counters);
    return false;
  end if;
  delete from app_private.sign_in_failures f where f.counter = counters[1];
  perform app_private.log_event('user.second_factor_removed', me);
  return app_private.drop_second_factor(me);
end
$$;
comment on function app_public.remove_second_factor(text) is
  'Removes the second factor of the caller, app and passkeys, with the recovery codes, by a code of the app or a recovery code. Errors: CQ101 not signed in, CQ103 too many failures, wait, CQ110 not with an API key, CQ143 wrong code (in SQL: false), CQ146 none.';
grant execute on function app_public.remove_second_factor(text) to colloquy_user, colloquy_admin;
