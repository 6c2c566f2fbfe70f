-- What the job of partitions has to know of the settings, which the worker does not read by itself.
create or replace function app_hidden.partition_limits()
returns table (is_exported boolean, is_replica boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select app_hidden.setting('partition_export') = 'on', pg_is_in_recovery();
$$;
comment on function app_hidden.partition_limits() is
  'Whether a month that retention ends is exported before it is dropped, and whether this server is a replica.';
grant execute on function app_hidden.partition_limits() to colloquy_worker, colloquy_monitor;
