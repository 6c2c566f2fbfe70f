-- What the API verifies a signature with. It is no secret; which credentials there are is told to the API alone.
create or replace function app_hidden.passkey_public_key(credential_id bytea)
returns bytea
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.public_key from app_private.passkeys p where p.credential_id = passkey_public_key.credential_id;
$$;
comment on function app_hidden.passkey_public_key(bytea) is 'The public key of a passkey, by what its authenticator calls it. For the API.';
grant execute on function app_hidden.passkey_public_key(bytea) to colloquy_authenticator;
