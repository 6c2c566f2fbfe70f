-- The server: sizes, connections, how far standbys are behind, the archive of the write-ahead log.
select 'colloquy_database_bytes' as metric, '{}'::jsonb as labels, pg_catalog.pg_database_size(pg_catalog.current_database())::float8 as value
union all
select x.metric, '{}', x.value
from app_hidden.disk_outlook() as o
cross join lateral (values ('colloquy_disk_free_bytes', o.free_bytes::float8), ('colloquy_disk_days_left', o.days_left)) as x (metric, value)
where x.value is not null
union all
select 'colloquy_files_bytes', '{}', d.files_bytes::float8
from (select d.files_bytes from app_hidden.database_days d order by d.day desc limit 1) as d
where d.files_bytes is not null
union all
select 'colloquy_database_connections', '{}', count(*)::float8 from pg_catalog.pg_stat_activity a where a.backend_type = 'client backend'
union all
select 'colloquy_database_max_connections', '{}', pg_catalog.current_setting('max_connections')::float8
union all
select 'colloquy_transaction_oldest_seconds', '{}', coalesce(max(extract(epoch from now() - a.xact_start)), 0)::float8
from pg_catalog.pg_stat_activity a
where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid() and a.backend_type = 'client backend'
union all
select 'colloquy_standbys', '{}', count(*)::float8 from pg_catalog.pg_stat_replication r where r.state <> 'backup'
union all
select 'colloquy_replication_lag_seconds', '{}', coalesce(max(extract(epoch from r.replay_lag)), 0)::float8 from pg_catalog.pg_stat_replication r
union all
select 'colloquy_archive_failing', '{}',
  (pg_catalog.current_setting('archive_mode') <> 'off' and a.last_failed_time > coalesce(a.last_archived_time, '-infinity'))::integer::float8
from pg_catalog.pg_stat_archiver a
where a.last_failed_time is not null
union all
select 'colloquy_deadlocks_total', '{}', s.deadlocks::float8 from pg_catalog.pg_stat_database s where s.datname = pg_catalog.current_database();
