-- A line in the functions that cannot be undone or that give the account away: a session that was left open, or whose token
-- leaked, must not do them. Signing in is a proof, and so is proveIdentity. A token of an identity provider was proved when it
-- was given, which the API states (colloquy.signed_in_at). What states nothing has proved nothing.
create or replace function app_private.require_recent_proof()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  minutes constant integer := app_hidden.setting('step_up_minutes')::integer;
  session uuid := app_hidden.current_session_id();
  proved_at timestamptz;
begin
  if session is not null then
    select s.proved_at into proved_at from app_private.user_sessions s where s.id = session and s.user_id = app_hidden.current_user_id();
  else
    proved_at := nullif(current_setting('colloquy.signed_in_at', true), '')::timestamptz;
  end if;
  if coalesce(proved_at, '-infinity') <= now() - make_interval(mins => minutes) then
    raise exception 'This needs a proof of who you are from the last % minutes.', minutes using errcode = 'CQ142',
      hint = case when session is not null then 'Call proveIdentity with your password, or a code of your second factor or a passkey; then try again.'
        else 'Sign in again at the identity provider.' end;
  end if;
end
$$;
comment on function app_private.require_recent_proof() is 'Raises CQ142 when the caller has not proved its identity of late.';
