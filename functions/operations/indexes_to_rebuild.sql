-- The decision of the weekly job, as docs/operations/indexes.md has it in a table. Dead rows first: they are what a vacuum would make
-- worse. A recall that a rebuild did not mend is not tried again at once.
create or replace function app_hidden.indexes_to_rebuild()
returns table (
  index_name text, table_name text, method text, version_id uuid, dimensions integer, reason text, bytes bigint, row_count bigint, dead_rows bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select h.index_name, h.table_name, h.method, h.version_id, h.dimensions, w.reason, h.bytes, h.row_count, h.dead_rows
  from app_hidden.index_health() as h
  cross join lateral (
    select case
      when h.is_leftover then null
      when not h.is_valid then 'invalid'
      when h.version_id is not null
        and h.dead_rows >= greatest(app_hidden.setting('reindex_dead_rows')::numeric, 1)
        and 100 * h.dead_rows >= app_hidden.setting('reindex_dead_percent')::numeric * (h.row_count + h.dead_rows)
        then 'dead rows'
      when h.version_id is not null and h.row_count > 0
        and coalesce(h.rebuilt_at < now() - make_interval(days => app_hidden.setting('reindex_recall_days')::integer), true)
        and exists (
          select from app_private.latest_recall() as f
          where f.version_id = h.version_id and not f.meets_objective and f.index_queries > 0 and f.measured_at > now() - interval '30 days'
        )
        then 'recall'
      when h.needed_bytes is not null
        and h.bytes - h.needed_bytes >= app_hidden.setting('reindex_bloat_mb')::numeric * 1048576
        and 100 * (h.bytes - h.needed_bytes) >= app_hidden.setting('reindex_bloat_percent')::numeric * h.bytes
        then 'bloat'
    end as reason
  ) as w
  where w.reason is not null
  order by array_position(array['invalid', 'dead rows', 'recall', 'bloat'], w.reason), h.dead_rows desc, h.bytes desc, h.index_name;
$$;
comment on function app_hidden.indexes_to_rebuild() is
  'Indexes that ought to be rebuilt, the most urgent first, with the reason: invalid, dead rows, recall, bloat. By the settings reindex_*.';
grant execute on function app_hidden.indexes_to_rebuild() to colloquy_worker, colloquy_monitor;
