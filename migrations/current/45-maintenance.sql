-- Indexes are rebuilt and tables analysed by a job, which becomes colloquy_maintenance for it (sql/roles.sql): it finds the objects by
-- name, and reads no table.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
grant usage on schema app_public, app_hidden, app_private, app_partitions to colloquy_maintenance;

insert into app_private.settings (name, value, unit, description) values
  ('maintenance_minutes', '120', 'minutes', 'Time after which a weekly job of maintenance begins nothing more; the next run goes on.'),
  ('analyze_days', '6', 'days', 'Age of the statistics of a partitioned table after which the weekly job makes them anew.'),
  ('reindex_dead_percent', '2', 'percent', 'Share of dead rows of a partition of vectors from which on its index is rebuilt.'),
  ('reindex_dead_rows', '1000', 'count', 'Dead rows of a partition of vectors below which its index is left alone.'),
  ('reindex_recall_days', '28', 'days', 'Least time between two rebuilds of an index because searches find less than search_recall_objective.'),
  ('reindex_bloat_percent', '50', 'percent', 'Estimated share of an ordinary index that holds nothing from which on it is rebuilt.'),
  ('reindex_bloat_mb', '64', 'megabytes', 'Estimated waste of an ordinary index below which it is left alone.')
on conflict (name) do nothing;

-- Partitions made from now on have it from functions/embeddings/create_embedding_partitions.sql, with the reason.
do $autovacuum$
declare
  leaf regclass;
begin
  for leaf in
    select t.relid
    from pg_catalog.pg_partition_tree('app_public.embeddings') as t
    where t.isleaf
  loop
    execute format('alter table %s set (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0.4)', leaf);
  end loop;
end
$autovacuum$;
