-- What an authenticator is to sign, for five minutes and once. Asked for in a session it counts there alone, else for a sign-in.
create or replace function app_private.new_passkey_challenge()
returns text
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  validity constant interval := interval '5 minutes';
  challenge text := app_private.base64url(gen_random_bytes(32));
begin
  insert into app_private.passkey_challenges (challenge_hash, session_id, expires_at)
  values (sha256(convert_to(challenge, 'UTF8')), app_hidden.current_session_id(), clock_timestamp() + validity);
  return challenge;
end
$$;
comment on function app_private.new_passkey_challenge() is 'A new challenge for an authenticator, in base64url.';
