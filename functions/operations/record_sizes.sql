-- Takes down what the database measures today, in place of what was taken down earlier in the day, and forgets what is old. Only figures
-- of the server: no tenant is named.
create or replace function app_hidden.record_sizes(of_disk bigint default null, free_on_disk bigint default null)
returns table (database_bytes bigint, tables bigint, partitions bigint, indexes bigint, removed bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
  today date := (now() at time zone 'UTC')::date;
  oldest date := today - app_hidden.setting('sizes_keep_days')::integer;
  disk bigint := coalesce(of_disk, nullif(app_hidden.setting('disk_gb')::numeric * 1024 ^ 3, 0)::bigint);
begin
  insert into app_hidden.database_days as d (
    day, measured_at, database_bytes, files_bytes, disk_bytes, disk_free_bytes,
    blocks_hit, blocks_read, commits, rollbacks, deadlocks, temp_bytes, wal_bytes, counted_since
  )
  select
    today, now(), pg_database_size(current_database()), (select coalesce(sum(f.byte_size), 0) from app_public.files f),
    disk, free_on_disk,
    s.blks_hit, s.blks_read, s.xact_commit, s.xact_rollback, s.deadlocks, s.temp_bytes, (select w.wal_bytes from pg_stat_wal w), s.stats_reset
  from pg_stat_database s
  where s.datname = current_database()
  on conflict (day) do update set
    measured_at = excluded.measured_at, database_bytes = excluded.database_bytes, files_bytes = excluded.files_bytes,
    disk_bytes = excluded.disk_bytes, disk_free_bytes = excluded.disk_free_bytes, blocks_hit = excluded.blocks_hit,
    blocks_read = excluded.blocks_read, commits = excluded.commits, rollbacks = excluded.rollbacks, deadlocks = excluded.deadlocks,
    temp_bytes = excluded.temp_bytes, wal_bytes = excluded.wal_bytes, counted_since = excluded.counted_since
  returning d.database_bytes into database_bytes;

  delete from app_hidden.relation_sizes r where r.day = today;
  insert into app_hidden.relation_sizes (day, kind, name, bytes, row_estimate)
  select today, c.kind, c.name, c.bytes, c.row_estimate
  from app_private.current_sizes() as c
  where c.bytes is not null;
  select count(*) filter (where r.kind = 'table'), count(*) filter (where r.kind = 'partition'), count(*) filter (where r.kind = 'index')
  into tables, partitions, indexes
  from app_hidden.relation_sizes r
  where r.day = today;

  -- of what is older than two months, the Mondays stay
  delete from app_hidden.database_days d where d.day < oldest or (d.day < today - 60 and extract(isodow from d.day) <> 1);
  delete from app_hidden.relation_sizes r where r.day < oldest or (r.day < today - 60 and extract(isodow from r.day) <> 1);
  get diagnostics removed = row_count;
  return next;
end
$$;
comment on function app_hidden.record_sizes(bigint, bigint) is
  'Takes down the sizes of today: bytes of the disk and free on it, where the caller can see that. Returns how much it took down, and removed.';
grant execute on function app_hidden.record_sizes(bigint, bigint) to colloquy_worker, colloquy_monitor;
