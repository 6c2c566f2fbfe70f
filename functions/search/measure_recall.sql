-- Measures the recall of a version (measured_recall), writes it down, and puts the ef_search that it asks for in force when the settings
-- let it. Everything in one transaction: a run that is killed leaves nothing. One run at a time. It must never return or keep the id
-- of a tenant.
create or replace function app_hidden.measure_recall(for_version uuid, of_size app_public.search_size_class)
returns setof app_hidden.recall_measurements
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
as $$
declare
  result app_hidden.recall_measurements;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.measure_recall')) then
    return;
  end if;
  result := app_private.measured_recall(app_private.measured_version(for_version), of_size);
  if result.queries = 0 then
    return;
  end if;
  insert into app_hidden.recall_measurements (
    id, version_id, size_class, source, k, queries, index_queries, filtered_queries, recall, filtered_recall, objective, short_returns, scan_limit_hits, exact_p50_ms,
    exact_p95_ms, index_p50_ms, index_p95_ms, ef_search, suggested_ef_search, suggested_recall, suggested_exact_limit
  )
  values (
    result.id, result.version_id, result.size_class, result.source, result.k, result.queries, result.index_queries, result.filtered_queries,
    result.recall, result.filtered_recall, result.objective, result.short_returns, result.scan_limit_hits, result.exact_p50_ms, result.exact_p95_ms, result.index_p50_ms,
    result.index_p95_ms, result.ef_search, result.suggested_ef_search, result.suggested_recall, result.suggested_exact_limit
  )
  returning * into result;
  perform app_private.tune_ef_search(result.version_id);
  return next result;
end
$$;
comment on function app_hidden.measure_recall(uuid, app_public.search_size_class) is
  'Measures the recall of a version in workspaces of a size, writes it down, and puts a larger or smaller ef_search in force if the settings say so. No row: another run is at work, or there is nothing to ask. Error: CQ204 no such version.';
grant execute on function app_hidden.measure_recall(uuid, app_public.search_size_class) to colloquy_worker;
