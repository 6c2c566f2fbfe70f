-- How authenticator apps want a secret (RFC 4648), and what people can type. For lengths that are multiples of five bytes.
create or replace function app_private.base32(bytes bytea)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', substring(b.bits from n * 5 + 1 for 5)::bit(5)::integer + 1, 1), '' order by n)
  from (values (('x' || encode(bytes, 'hex'))::varbit)) as b (bits)
  cross join generate_series(0, octet_length(bytes) * 8 / 5 - 1) as n;
$$;
comment on function app_private.base32(bytea) is 'Bytes as base32 without padding.';
