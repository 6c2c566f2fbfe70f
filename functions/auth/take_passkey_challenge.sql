-- Uses up a challenge that an authenticator has signed. It must have been asked for in this session, or by a visitor; and the API must have
-- verified the signature (record_passkey), or the answer is a client's word and counts for nothing.
create or replace function app_private.take_passkey_challenge(passkey jsonb)
returns app_private.passkey_challenges
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_private.passkey_challenges;
begin
  delete from app_private.passkey_challenges c
  where c.challenge_hash = app_private.passkey_challenge_of(passkey) and c.credential_id is not null
    and c.expires_at > clock_timestamp() and c.session_id is not distinct from app_hidden.current_session_id()
  returning c.* into result;
  if result.challenge_hash is null then
    raise exception 'This challenge is unknown, used or expired.' using errcode = 'CQ144',
      hint = 'Ask for a new one: challengePasskey, or addPasskey for a new passkey, with the same header Authorization, or none, as here.';
  end if;
  return result;
end
$$;
comment on function app_private.take_passkey_challenge(jsonb) is 'Uses up the challenge that an authenticator has signed. Raises CQ144.';
