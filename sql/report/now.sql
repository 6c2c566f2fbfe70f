-- The database at this moment, in figures for the head of the report.
select
  pg_catalog.pg_database_size(pg_catalog.current_database())::float8 as "databaseBytes",
  s.blks_hit / nullif(s.blks_hit + s.blks_read, 0)::float8 as "hitRatio",
  o.disk_bytes::float8 as "diskBytes", o.free_bytes::float8 as "freeBytes", o.bytes_per_day as "bytesPerDay", o.days_left as "daysLeft",
  pg_catalog.current_setting('server_version') as version,
  (select count(*)::int from pg_catalog.pg_stat_activity a where a.datname = pg_catalog.current_database()) as connections,
  pg_catalog.current_setting('max_connections')::int as "maxConnections"
from pg_catalog.pg_stat_database s
left join app_hidden.disk_outlook() as o on true
where s.datname = pg_catalog.current_database();
