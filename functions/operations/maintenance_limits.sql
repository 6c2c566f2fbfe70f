-- The worker reads no settings by itself: these three bound its maintenance.
create or replace function app_hidden.maintenance_limits()
returns table (minutes numeric, memory_mb integer, is_replica boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    app_hidden.setting('maintenance_minutes')::numeric, least(greatest(app_hidden.setting('embedding_index_memory_mb')::integer, 16), 8192),
    pg_is_in_recovery();
$$;
comment on function app_hidden.maintenance_limits() is
  'How long a job of maintenance begins something, the memory of one build of an index, and whether this server is a replica.';
grant execute on function app_hidden.maintenance_limits() to colloquy_worker, colloquy_monitor;
