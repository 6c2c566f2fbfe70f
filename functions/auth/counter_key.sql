-- What a counter of failures is about, as a hash: who was tried must not stand in a table in clear.
create or replace function app_private.counter_key(variadic parts text[])
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select encode(sha256(convert_to(array_to_string(parts, chr(10), ''), 'UTF8')), 'hex');
$$;
comment on function app_private.counter_key(text[]) is 'SHA-256 of what a counter is about, in hexadecimal digits.';
