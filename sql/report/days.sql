-- The database as a whole, day by day: sizes, and what happened between a day and the one before. After a reset of the server's counts
-- there is no difference to show.
with days as (
  select
    d.*, lag(d.measured_at) over w as before,
    case when d.counted_since is not distinct from lag(d.counted_since) over w then d.blocks_hit - lag(d.blocks_hit) over w end as hit,
    case when d.counted_since is not distinct from lag(d.counted_since) over w then d.blocks_read - lag(d.blocks_read) over w end as read,
    case when d.counted_since is not distinct from lag(d.counted_since) over w then d.commits - lag(d.commits) over w end as done,
    case when d.counted_since is not distinct from lag(d.counted_since) over w then d.temp_bytes - lag(d.temp_bytes) over w end as temp,
    d.wal_bytes - lag(d.wal_bytes) over w as wal
  from app_hidden.database_days d
  window w as (order by d.day)
)

select
  to_char(d.day, 'YYYY-MM-DD') as day,
  d.database_bytes::float8 as "databaseBytes", d.files_bytes::float8 as "filesBytes",
  d.disk_bytes::float8 as "diskBytes", d.disk_free_bytes::float8 as "freeBytes",
  case when d.hit >= 0 and d.read >= 0 and d.hit + d.read > 0 then d.hit / (d.hit + d.read)::float8 end as "hitRatio",
  case when d.done >= 0 then d.done / greatest(extract(epoch from d.measured_at - d.before) / 86400, 0.01)::float8 end as "commitsPerDay",
  case when d.temp >= 0 then d.temp / greatest(extract(epoch from d.measured_at - d.before) / 86400, 0.01)::float8 end as "tempBytesPerDay",
  case when d.wal >= 0 then (d.wal / greatest(extract(epoch from d.measured_at - d.before) / 86400, 0.01))::float8 end as "walBytesPerDay"
from days d
order by d.day;
