-- Time-ordered identifiers for a given time, for imports of history.
-- Layout (RFC 9562, 5.7): 48 bits of Unix milliseconds, version 7, 12 bits, variant, 62 bits.
create or replace function app_hidden.uuidv7_at(at timestamptz, seed text default null)
returns uuid
language sql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select (
    lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
    || '7' || substr(encode(bytes, 'hex'), 1, 3)
    -- the variant: the two top bits of this digit are 10
    || substr('89ab', 1 + get_byte(bytes, 31) % 4, 1) || substr(encode(bytes, 'hex'), 4, 15)
  )::uuid
  from (select sha256(convert_to(coalesce(seed, gen_random_uuid()::text), 'UTF8')) as bytes) as hashed;
$$;
comment on function app_hidden.uuidv7_at(timestamptz, text) is 'A UUID version 7 for a given time: always the same one for the same seed, a random one without.';
