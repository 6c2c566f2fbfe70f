-- What a browser is asked for a signature with. It says nothing of any account, and is the same for everybody: the person chooses the
-- passkey in the browser, and the passkey says whose it is.
create or replace function app_public.challenge_passkey()
returns jsonb
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'challenge', app_private.new_passkey_challenge(), 'timeout', 300000, 'userVerification', 'required', 'allowCredentials', '[]'::jsonb
  );
$$;
comment on function app_public.challenge_passkey() is
  'What navigator.credentials.get() is given (PublicKeyCredentialRequestOptionsJSON). Its answer goes into signInWithPasskey or confirmSignIn, without the header Authorization here and there, or in a session into proveIdentity. Error: CQ149 no passkeys here (in GraphQL).';
grant execute on function app_public.challenge_passkey() to colloquy_visitor, colloquy_user, colloquy_admin;
