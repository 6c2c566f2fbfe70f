-- The first lines of what changes passkeys. Not by a token of an identity provider: a passkey would sign in when the provider no
-- longer vouches for the person.
create or replace function app_private.require_passkey_session()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_session();
  if app_hidden.current_session_id() is null then
    raise exception 'Passkeys are for who signs in here.' using errcode = 'CQ142', hint = 'Sign in with signIn; the identity provider has passkeys of its own.';
  end if;
  perform app_private.require_recent_proof();
end
$$;
comment on function app_private.require_passkey_session() is 'Raises CQ101, CQ110 for an API key, CQ142 without a session that was proved of late.';
