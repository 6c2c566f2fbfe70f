-- Asks some queries by search itself, as the users who asked them, and by the exact leg beside it: what did the index miss? Below the
-- objective it looks for the smallest ef_search that meets it. Its time is bounded by search_recall_seconds, and what it has asked
-- until then counts. It must never return the id of a tenant.
create or replace function app_private.measured_recall(version app_public.embedding_versions, of_size app_public.search_size_class)
returns app_hidden.recall_measurements
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  seconds double precision := app_hidden.setting('search_recall_seconds')::double precision;
  began timestamptz := clock_timestamp();
  deadline timestamptz := began + make_interval(secs => seconds);
  asked record;
  found app_private.recall_truth;
  leg record;
  tries integer := 0;
  exact_times double precision[] := array[]::double precision[];
  shares double precision := 0;
  filtered_shares double precision := 0;
  by_index app_private.recall_truth[] := array[]::app_private.recall_truth[];
  result app_hidden.recall_measurements;
begin
  result.id := uuidv7();
  result.version_id := version.id;
  result.size_class := of_size;
  result.k := 10;
  result.objective := app_hidden.setting('search_recall_objective')::real;
  result.ef_search := app_private.search_ef_search(version);
  result.queries := 0;
  result.filtered_queries := 0;
  result.short_returns := 0;
  result.scan_limit_hits := 0;
  for asked in select q.source, q.query from app_private.recall_queries(version.id, of_size, app_hidden.setting('search_recall_queries')::integer) as q loop
    -- a quarter for what is true; the rest is for the index
    exit when tries > 0 and clock_timestamp() > case when result.queries > 0 then began + make_interval(secs => seconds / 4) else deadline end;
    tries := tries + 1;
    found := app_private.recall_of_query(version, asked.query, result.k);
    continue when found.share is null;
    result.source := asked.source;
    result.queries := result.queries + 1;
    result.short_returns := result.short_returns + found.is_short::integer;
    exact_times := exact_times || found.milliseconds;
    shares := shares + found.share;
    if not ((asked.query).filters is null) then
      result.filtered_queries := result.filtered_queries + 1;
      filtered_shares := filtered_shares + found.share;
    end if;
    if found.is_by_index then
      by_index := by_index || found;
    end if;
  end loop;
  perform app_private.act_as(null, null);
  result.recall := shares / nullif(result.queries, 0);
  result.filtered_recall := filtered_shares / nullif(result.filtered_queries, 0);
  select t.p50, t.p95 into result.exact_p50_ms, result.exact_p95_ms from app_private.percentiles(exact_times) as t;

  result.index_queries := cardinality(by_index);
  if result.index_queries > 0 then
    leg := app_private.recall_of_index(version, by_index, result.ef_search, 'infinity', result.k);
    result.scan_limit_hits := leg.scan_limit_hits;
    result.suggested_exact_limit := app_private.suggested_exact_limit(by_index, leg.milliseconds);
    select t.p50, t.p95 into result.index_p50_ms, result.index_p95_ms from app_private.percentiles(leg.milliseconds) as t;
    select s.ef_search, s.recall into result.suggested_ef_search, result.suggested_recall
    from app_private.suggested_ef_search(version, by_index, result.ef_search, leg.recall, result.objective, deadline, result.k) as s;
  end if;
  return result;
end
$$;
comment on function app_private.measured_recall(app_public.embedding_versions, app_public.search_size_class) is
  'The recall of a version in workspaces of a size, and which ef_search would meet the objective. No queries: there is nothing to ask.';
