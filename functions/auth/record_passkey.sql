-- The API's word that a credential has signed a challenge, for this installation's pages: signature, origin, relying party and that the person was
-- there are verified before it calls this, as colloquy_authenticator and never as a role of requests. Nothing follows from it by itself: who
-- may do what with it is decided where the challenge is used up (take_passkey_challenge).
create or replace function app_hidden.record_passkey(
  challenge text, credential_id bytea, counter bigint, public_key bytea default null, transports text[] default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_private.passkey_challenges c
  set credential_id = record_passkey.credential_id, counter = record_passkey.counter, public_key = record_passkey.public_key,
    transports = record_passkey.transports
  where c.challenge_hash = sha256(convert_to(left(challenge, 1000), 'UTF8')) and c.credential_id is null
    and c.expires_at > clock_timestamp();
  if not found then
    raise exception 'This challenge is unknown, used or expired.' using errcode = 'CQ144', hint = 'Ask for a new one: challengePasskey, or addPasskey.';
  end if;
end
$$;
comment on function app_hidden.record_passkey(text, bytea, bigint, bytea, text[]) is
  'Notes which credential has signed a challenge, with its public key when it is new. For the API, which has verified it. Error: CQ144 challenge unknown, used or expired.';
grant execute on function app_hidden.record_passkey(text, bytea, bigint, bytea, text[]) to colloquy_authenticator;
