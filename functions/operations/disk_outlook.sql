-- When the disk will be full, as far as that is known: the free space at the last measurement, else what the setting disk_gb leaves
-- beside the database.
create or replace function app_hidden.disk_outlook(days integer default 30)
returns table (measured_at timestamptz, disk_bytes bigint, free_bytes bigint, bytes_per_day double precision, days_left double precision, days_measured integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with last as (
    select d.measured_at, d.disk_bytes, coalesce(d.disk_free_bytes, case when d.disk_bytes is not null then greatest(d.disk_bytes - d.database_bytes, 0) end) as free_bytes
    from app_hidden.database_days d
    order by d.day desc
    limit 1
  )
  select
    l.measured_at, l.disk_bytes, l.free_bytes, g.bytes_per_day,
    case when g.bytes_per_day > 0 then l.free_bytes / g.bytes_per_day end, g.days_measured
  from last l
  left join app_hidden.database_growth(days) as g on g.kind = 'database';
$$;
comment on function app_hidden.disk_outlook(integer) is
  'The disk of the database: its size, what is free, how fast the database grows and in how many days nothing is free. Null: not known.';
grant execute on function app_hidden.disk_outlook(integer) to colloquy_monitor;
