-- The two percentiles that every measurement keeps of its times.
create or replace function app_private.percentiles(milliseconds double precision[], out p50 real, out p95 real)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select (percentile_cont(0.5) within group (order by t))::real, (percentile_cont(0.95) within group (order by t))::real
  from unnest(milliseconds) as t;
$$;
comment on function app_private.percentiles(double precision[]) is 'The median and the 95th percentile of some times.';
