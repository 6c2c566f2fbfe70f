-- The UTC day of an identifier. Its body becomes part of the query that asks.
create or replace function app_hidden.uuidv7_day(id uuid)
returns date
language sql
immutable
strict
parallel safe
return (uuid_extract_timestamp(id) at time zone 'UTC')::date;
comment on function app_hidden.uuidv7_day(uuid) is 'The day, in UTC, of a UUID version 7.';
