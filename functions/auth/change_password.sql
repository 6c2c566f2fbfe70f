-- Sets a new password for the signed-in user and ends its other sessions. Returns false for a wrong old password: raising
-- would roll back the count of failures. The API turns false into error CQ102. API keys stay: they are revoked by name, or all by a
-- reset by mail.
create or replace function app_public.change_password(old_password text, new_password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  account record;
begin
  perform app_hidden.require_session();
  select s.password_hash, s.locked_until into account from app_private.user_secrets s where s.user_id = me for update;
  if account.locked_until > clock_timestamp() then
    raise exception 'Too many failed attempts.' using errcode = 'CQ103',
      hint = format('Try again in %s seconds.', ceil(extract(epoch from account.locked_until - clock_timestamp())));
  end if;
  if old_password is null or octet_length(old_password) > 1000 or crypt(old_password, account.password_hash) <> account.password_hash then
    perform app_private.count_failed_attempt(me);
    return false;
  end if;

  update app_private.user_secrets s
  set
    password_hash = app_private.hash_password(new_password), failed_attempts = 0, locked_until = null,
    reset_token_hash = null, reset_expires_at = null
  where s.user_id = me;
  delete from app_private.user_sessions s where s.user_id = me and s.id is distinct from app_hidden.current_session_id();
  perform app_private.log_event('user.password_changed', me);
  return true;
end
$$;
comment on function app_public.change_password(text, text) is
  'Sets a new password and ends the other sessions. Errors: CQ101 not signed in, CQ102 the old password is wrong (in SQL: false), CQ103 locked for a while, CQ105 too short or too long, CQ110 not with an API key.';
grant execute on function app_public.change_password(text, text) to colloquy_user, colloquy_admin;
