-- Time-ordered identifiers for a given time, for imports of history and for partition bounds.
-- Layout (RFC 9562, 5.7): 48 bits of Unix milliseconds, version 7, 12 bits, variant, 62 bits.

create or replace function app_hidden.uuidv7_floor(at timestamptz)
returns uuid
language sql
immutable
strict
parallel safe
return (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;
comment on function app_hidden.uuidv7_floor(timestamptz) is 'The least UUID version 7 of a millisecond; the bound of a time range of ids.';

-- Its body becomes part of the query that asks.
create or replace function app_hidden.uuidv7_day(id uuid)
returns date
language sql
immutable
strict
parallel safe
return (uuid_extract_timestamp(id) at time zone 'UTC')::date;
comment on function app_hidden.uuidv7_day(uuid) is 'The day, in UTC, of a UUID version 7.';

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
