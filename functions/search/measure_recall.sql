-- Asks some queries by search itself, as whoever asked them, and by the exact leg beside it, and writes down what the index
-- missed. Below the objective it looks for the smallest ef_search that meets it, and puts that in force when the settings let
-- it. Everything in one transaction: a run that is killed leaves nothing. One run at a time; its time is bounded by
-- search_recall_seconds, and what it has asked until then counts. It must never return or keep the id of a tenant.
create or replace function app_hidden.measure_recall(for_version uuid, of_size app_public.search_size_class)
returns setof app_hidden.recall_measurements
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
as $$
declare
  most_queries integer := app_hidden.setting('search_recall_queries')::integer;
  seconds double precision := app_hidden.setting('search_recall_seconds')::double precision;
  began timestamptz := clock_timestamp();
  deadline timestamptz := began + make_interval(secs => seconds);
  version app_public.embedding_versions;
  asked record;
  query app_private.recall_query;
  kinds app_public.source_type[];
  conditions text;
  available bigint;
  everything bigint;
  has_memories boolean;
  has_archived boolean;
  is_filtered boolean;
  sources uuid[];
  is_narrow boolean;
  nearest uuid[];
  answered app_public.search_response;
  started timestamptz;
  spent double precision;
  exact_times double precision[] := array[]::double precision[];
  tries integer := 0;
  share double precision;
  shares double precision := 0;
  filtered_shares double precision := 0;
  by_index app_private.recall_truth[] := array[]::app_private.recall_truth[];
  indexed_chunks bigint := 0;
  leg record;
  tried integer;
  result app_hidden.recall_measurements;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.measure_recall')) then
    return;
  end if;
  select v.* into version from app_public.embedding_versions v where v.id = for_version and v.status <> 'archived';
  if version.id is null then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
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

  for asked in select q.source, q.query from app_private.recall_queries(version.id, of_size, most_queries) q loop
    -- a quarter for what is true; the rest is for the index
    exit when tries > 0 and clock_timestamp() > case when result.queries > 0 then began + make_interval(secs => seconds / 4) else deadline end;
    tries := tries + 1;
    query := asked.query;
    kinds := coalesce(query.kinds, enum_range(null::app_public.source_type));
    select t.* into available, everything, has_memories, has_archived from app_private.chunk_totals(query.workspace_id, kinds) as t;
    is_filtered := not (query.filters is null);
    sources := case when is_filtered then app_private.search_sources(query.workspace_id, query.user_id, query.filters) end;
    is_narrow := 4 * available < everything or sources is not null;
    conditions := app_private.search_conditions(query.filters, sources, has_memories, has_archived);

    started := clock_timestamp();
    nearest := array(
      select s.chunk_id
      from app_private.search_vector_exact(
        version, query.workspace_id, query.user_id, query.embedding, kinds, result.k, sources, query.filters, conditions, is_narrow
      ) as s
    );
    spent := 1000 * extract(epoch from clock_timestamp() - started);
    continue when cardinality(nearest) = 0;

    perform set_config('colloquy.user_id', query.user_id::text, true), set_config('colloquy.workspace_id', query.workspace_id::text, true),
      set_config('colloquy.scopes', '', true);
    answered := app_public.search(
      query => '', query_embedding => query.embedding, kinds => kinds, max_results => result.k, mode => 'vector', filters => query.filters,
      embedding_version_id => version.id
    );

    result.source := asked.source;
    result.queries := result.queries + 1;
    exact_times := exact_times || spent;
    share := (
      select count(*) from unnest(nearest) as n where n in (select r.chunk_id from unnest(answered.results) as r)
    )::float8 / cardinality(nearest);
    shares := shares + share;
    if is_filtered then
      result.filtered_queries := result.filtered_queries + 1;
      filtered_shares := filtered_shares + share;
    end if;
    -- asked once more: a passage may have been removed in between
    if answered.returned < cardinality(nearest) and answered.returned < (
      select count(*)
      from app_private.search_vector_exact(
        version, query.workspace_id, query.user_id, query.embedding, kinds, result.k, sources, query.filters, conditions, is_narrow
      )
    ) then
      result.short_returns := result.short_returns + 1;
    end if;
    -- where fewer fit, the index is not what answers
    if answered.path <> 'exact' and cardinality(nearest) = result.k then
      by_index := by_index || row(query, sources, conditions, nearest, spent)::app_private.recall_truth;
      indexed_chunks := greatest(indexed_chunks, case when is_filtered then 0 else available end);
    end if;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true);
  if result.queries = 0 then
    return;
  end if;
  result.recall := shares / result.queries;
  result.filtered_recall := filtered_shares / nullif(result.filtered_queries, 0);
  select percentile_cont(0.5) within group (order by t), percentile_cont(0.95) within group (order by t)
  into result.exact_p50_ms, result.exact_p95_ms
  from unnest(exact_times) as t;

  result.index_queries := cardinality(by_index);
  if result.index_queries > 0 then
    leg := app_private.recall_of_index(version, by_index, result.ef_search, 'infinity', result.k);
    result.scan_limit_hits := leg.scan_limit_hits;
    select percentile_cont(0.5) within group (order by t), percentile_cont(0.95) within group (order by t)
    into result.index_p50_ms, result.index_p95_ms
    from unnest(leg.milliseconds) as t;
    -- few that fit a filter are compared soon, however many chunks there are: that says nothing about the limit
    if (
      select percentile_cont(0.5) within group (order by t.milliseconds)
        <= percentile_cont(0.5) within group (order by (leg.milliseconds)[t.n::integer])
      from unnest(by_index) with ordinality as t (query, sources, conditions, nearest, milliseconds, n)
      where (t.query).filters is null
    ) then
      result.suggested_exact_limit := indexed_chunks;
    end if;

    -- what is in force: enough, and there may be a smaller one; or not, and there must be a larger one
    result.suggested_ef_search := result.ef_search;
    result.suggested_recall := leg.recall;
    for tried in
      select e.ef_search
      from (
        select app_hidden.setting('search_ef_search')::integer as ef_search
        union
        select unnest(array[20, 40, 60, 100, 150, 200, 300, 400, 600, 800, 1000])
      ) as e
      where e.ef_search between app_hidden.setting('search_ef_search')::integer and 1000
        and case when leg.recall >= result.objective then e.ef_search < result.ef_search else e.ef_search > result.ef_search end
      order by e.ef_search
    loop
      leg := app_private.recall_of_index(version, by_index, tried, deadline, result.k);
      if leg.recall is null then
        -- no time left: what is in force stays, if it is enough; otherwise there is no answer yet
        if result.suggested_recall < result.objective then
          result.suggested_ef_search := null;
          result.suggested_recall := null;
        end if;
        exit;
      end if;
      if leg.recall >= result.objective or result.suggested_recall < result.objective then
        result.suggested_ef_search := tried;
        result.suggested_recall := leg.recall;
      end if;
      exit when leg.recall >= result.objective;
    end loop;
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
  perform app_private.tune_ef_search(version.id);
  return next result;
end
$$;
comment on function app_hidden.measure_recall(uuid, app_public.search_size_class) is
  'Measures the recall of a version in workspaces of a size, writes it down, and puts a larger or smaller ef_search in force if the settings say so. No row: another run is at work, or there is nothing to ask. Error: CQ204 no such version.';
grant execute on function app_hidden.measure_recall(uuid, app_public.search_size_class) to colloquy_worker;
