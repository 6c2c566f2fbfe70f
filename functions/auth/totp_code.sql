-- The code of a time step (RFC 6238 with SHA-1, six digits, which every authenticator app knows).
create or replace function app_private.totp_code(secret bytea, step bigint)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, extensions, pg_temp
as $$
  select lpad(((
    ((get_byte(h.mac, o.first) & 127) << 24) | (get_byte(h.mac, o.first + 1) << 16) | (get_byte(h.mac, o.first + 2) << 8) | get_byte(h.mac, o.first + 3)
  ) % 1000000)::text, 6, '0')
  from (values (hmac(int8send(step), secret, 'sha1'))) as h (mac)
  cross join lateral (values (get_byte(h.mac, 19) & 15)) as o (first);
$$;
comment on function app_private.totp_code(bytea, bigint) is 'Six digits that an authenticator app shows in a time step of 30 seconds.';
