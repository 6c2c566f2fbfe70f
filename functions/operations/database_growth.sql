-- How fast things grow, by a line through the sizes that were taken down. Null where fewer than three days are known: one import is no
-- growth.
create or replace function app_hidden.database_growth(days integer default 30)
returns table (kind text, name text, bytes bigint, bytes_per_day double precision, days_measured integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with sizes as (
    select 'database' as kind, '' as name, d.day, d.database_bytes as bytes from app_hidden.database_days d
    union all
    select 'files', '', d.day, d.files_bytes from app_hidden.database_days d
    union all
    select r.kind, r.name, r.day, r.bytes from app_hidden.relation_sizes r
  )
  select
    s.kind, s.name, (array_agg(s.bytes order by s.day desc))[1],
    case when count(*) >= 3 then regr_slope(s.bytes, s.day - date '2000-01-01') end,
    max(s.day) - min(s.day)
  from sizes s
  where s.day > (now() at time zone 'UTC')::date - days
  group by s.kind, s.name;
$$;
comment on function app_hidden.database_growth(integer) is
  'Of the database, of files, of tables, partitions and indexes: their last size, bytes a day over the last days, and how many days that was measured for.';
grant execute on function app_hidden.database_growth(integer) to colloquy_monitor;
