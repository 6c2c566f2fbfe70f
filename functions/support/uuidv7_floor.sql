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
