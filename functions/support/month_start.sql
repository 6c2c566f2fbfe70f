-- The first moment, in UTC, of the month of a time, or of one so many months before. Months are counted in UTC: taken from a time with a zone they
-- are counted in the zone of the session, where the first of a month may still be the last of the one before, and a month before the 28th
-- of February is the 28th of January.
create or replace function app_private.month_start(at timestamptz, months_before integer default 0)
returns timestamptz
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select (date_trunc('month', at at time zone 'UTC') - make_interval(months => months_before)) at time zone 'UTC';
$$;
comment on function app_private.month_start(timestamptz, integer) is 'The first moment, in UTC, of the month of a time, or of one so many months before it.';
-- Deliberately not granted: functions that look at months call it.
