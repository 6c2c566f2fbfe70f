-- base64url without padding (RFC 4648), as WebAuthn writes bytes.
create or replace function app_private.base64url(bytes bytea)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=');
$$;
comment on function app_private.base64url(bytea) is 'Bytes in base64url without padding.';
