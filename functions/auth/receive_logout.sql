-- The end of a session at an identity provider, as its logout token says (OpenID Connect Back-Channel Logout). The server has verified the
-- token before it calls this. A person ends all tokens of it that were issued until now, also where the provider names the session: not
-- every access token says to which one it belongs, and a client of another session gets a new one. A session without a person ends
-- the tokens that name it. The token is remembered for as long as one of its session can live, so that nobody who has kept it ends
-- sessions with it again.
create or replace function app_hidden.receive_logout(
  issuer text, token_id text, subject text default null, provider_session text default null, keep_seconds integer default 86400
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if coalesce(issuer, '') = '' or coalesce(token_id, '') = '' or coalesce(subject, provider_session) is null then
    raise exception 'A logout has an issuer, a token, and a person or a session.' using errcode = 'CQ791', hint = 'docs/api.md says what a logout token must hold.';
  end if;
  insert into app_private.provider_logouts (token_hash, session_hash, expires_at)
  values (
    app_private.provider_session_hash(issuer, token_id), app_private.provider_session_hash(issuer, provider_session),
    clock_timestamp() + make_interval(secs => keep_seconds)
  )
  on conflict (token_hash) do nothing;
  if not found then
    return false;
  end if;
  if subject is not null then
    perform app_hidden.end_identity(issuer, subject);
  end if;
  return true;
end
$$;
comment on function app_hidden.receive_logout(text, text, text, text, integer) is
  'Ends the tokens of a person or a session that an identity provider has signed out. False when the same logout token was received before. Error: CQ791 incomplete.';
grant execute on function app_hidden.receive_logout(text, text, text, text, integer) to colloquy_authenticator;
