-- What a provider says, so that it is found again and not read: the name of a session, or of a token. The length keeps the two parts
-- of it apart.
create or replace function app_private.provider_session_hash(issuer text, name text)
returns bytea
language sql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(char_length(provider_session_hash.issuer) || ' ' || provider_session_hash.issuer || provider_session_hash.name, 'UTF8'));
$$;
comment on function app_private.provider_session_hash(text, text) is 'SHA-256 of what a provider calls a session, or a token; null for null.';
