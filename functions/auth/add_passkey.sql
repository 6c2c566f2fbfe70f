-- What a browser is asked for a new passkey with; confirm_passkey takes its answer. The person is told apart by the id of the account alone,
-- which authenticators keep and give back.
create or replace function app_public.add_passkey()
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me app_public.users;
begin
  perform app_private.require_passkey_session();
  select u.* into me from app_public.users u where u.id = app_hidden.current_user_id();
  return jsonb_build_object(
    'challenge', app_private.new_passkey_challenge(),
    'user', jsonb_build_object(
      'id', app_private.base64url(uuid_send(me.id)), 'name', me.email, 'displayName', coalesce(me.display_name, me.email::text)
    ),
    -- EdDSA, ES256 and RS256, the three that authenticators have
    'pubKeyCredParams', '[{"type": "public-key", "alg": -8}, {"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}]'::jsonb,
    'authenticatorSelection', '{"residentKey": "required", "requireResidentKey": true, "userVerification": "required"}'::jsonb,
    'attestation', 'none',
    'timeout', 300000,
    'excludeCredentials', coalesce((
      select jsonb_agg(jsonb_build_object('type', 'public-key', 'id', app_private.base64url(p.credential_id), 'transports', p.transports))
      from app_private.passkeys p where p.user_id = me.id
    ), '[]'::jsonb)
  );
end
$$;
comment on function app_public.add_passkey() is
  'What navigator.credentials.create() is given (PublicKeyCredentialCreationOptionsJSON); confirmPasskey takes its answer. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first, CQ149 no passkeys here (in GraphQL).';
grant execute on function app_public.add_passkey() to colloquy_user, colloquy_admin;
