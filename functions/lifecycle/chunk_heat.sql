-- Score, 0 to 1: half for how recently the chunk was made or read (exponential decay, half of it after 14 days), three
-- tenths for how often it was read (logarithmic, all of it at 100 reads), two tenths for its importance.
create or replace function app_hidden.chunk_heat(last_used timestamptz, access_count integer, importance real, at timestamptz)
returns real
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select (
    0.5 * exp(-ln(2.0) * greatest(extract(epoch from at - last_used), 0) / 86400 / 14)
    + 0.3 * least(ln(1.0 + access_count) / ln(101.0), 1)
    + 0.2 * importance
  )::real;
$$;
comment on function app_hidden.chunk_heat(timestamptz, integer, real, timestamptz) is
  'How much a chunk is in use, 0 to 1. last_used: when it was made or last read; at: the time to judge it at.';
