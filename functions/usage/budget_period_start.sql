-- First moment, in UTC, of the period that a time falls into.
create or replace function app_private.budget_period_start(period app_public.budget_period, at timestamptz)
returns timestamptz
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select date_trunc(period::text, at, 'UTC');
$$;
comment on function app_private.budget_period_start(app_public.budget_period, timestamptz) is 'First moment of the day or month of a time, in UTC.';
