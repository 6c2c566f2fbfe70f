-- Sets a new password for the signed-in user and ends its other sessions. Returns false for a wrong old password: raising
-- would roll back the count of failures. The API turns false into error CQ102. API keys stay: they are revoked by name, or all by a
-- reset by mail. Guesses here make this session wait and no other: whoever found an open one must not lock the door.
create or replace function app_public.change_password(old_password text, new_password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  counters text[] := app_private.session_counter();
  current_hash text;
begin
  perform app_hidden.require_session();
  perform app_private.require_attempt(counters);
  select s.password_hash into current_hash from app_private.user_secrets s where s.user_id = me for update;
  if old_password is null or octet_length(old_password) > 1000 or crypt(old_password, current_hash) <> current_hash then
    perform app_private.count_failed_attempt(me, counters);
    return false;
  end if;

  perform app_private.set_password(me, new_password);
  delete from app_private.sign_in_failures f where f.counter = counters[1];
  delete from app_private.user_sessions s where s.user_id = me and s.id is distinct from app_hidden.current_session_id();
  perform app_private.log_event('user.password_changed', me);
  perform app_private.send_notice(me, 'password_changed');
  return true;
end
$$;
comment on function app_public.change_password(text, text) is
  'Sets a new password and ends the other sessions. Errors: CQ101 not signed in, CQ102 the old password is wrong (in SQL: false), CQ103 too many failures, wait, CQ105 too short or too long, CQ110 not with an API key, CQ130 too easily guessed.';
grant execute on function app_public.change_password(text, text) to colloquy_user, colloquy_admin;
