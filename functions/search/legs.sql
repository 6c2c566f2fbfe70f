-- The legs of search. Each applies tenant, ownership and visibility itself: it runs as the owner of the tables, because
-- operators like @@ are not leakproof and could not use an index below a policy. Granted to nobody; only app_public.search
-- and its kin call them, with the caller that the session says.
--
-- They are planned anew at each call (dynamic statements): a plan made for a tenant of 20,000 chunks and kept by a pooled
-- connection returned 0 of 10 rows for a tenant of 50.
--
-- In all of them $2 is the workspace, $3 the caller, $5 the kinds, $7 the sources and $8 the filters; conditions is what
-- app_private.search_conditions made of these.

-- Loads the libraries of pgvector and pg_trgm into this session: a role that is not a superuser may name their settings in
-- a function only then.
do $load$ begin perform '[1]'::extensions.halfvec, extensions.similarity('a', 'b'); end $load$;

create or replace function app_private.search_vector_exact(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer, sources uuid[], filters app_public.search_filters, conditions text, is_narrow boolean
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
as $$
begin
  -- without the cast to halfvec(n) the vector index does not fit, so either way this compares what there is
  if is_narrow then
    return query execute format($query$
      with asked as materialized (
        select c.id, c.importance_score from app_public.chunks c where %s
      )
      select a.id, (1 - (e.embedding operator(extensions.<=>) $4))::real, a.importance_score
      from asked a
      join app_public.embeddings e on e.version_id = $1 and e.workspace_id = $2 and e.chunk_id = a.id
      order by e.embedding operator(extensions.<=>) $4, a.id
      limit $6
    $query$, conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters;
  else
    -- all vectors are compared and sorted, then chunks are looked up in that order until there are enough: chunks are wide
    return query execute format($query$
      select e.chunk_id, (1 - e.distance)::real, c.importance_score
      from (
        select v.chunk_id, v.embedding operator(extensions.<=>) $4 as distance
        from app_public.embeddings v
        where v.version_id = $1 and v.workspace_id = $2
        order by distance, v.chunk_id
        offset 0
      ) as e
      -- one lookup by key for each, whatever the planner believes about what is rare
      cross join lateral (select c.importance_score from app_public.chunks c where c.id = e.chunk_id and %s offset 0) as c
      order by e.distance, e.chunk_id
      limit $6
    $query$, conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters;
  end if;
end
$$;
comment on function app_private.search_vector_exact(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, boolean) is
  'Nearest chunks by comparing all vectors of the workspace, or when is_narrow only those of the chunks that fit. Score: cosine similarity.';

create or replace function app_private.search_vector_index(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer, sources uuid[], filters app_public.search_filters, conditions text,
  ef_search integer, max_scan_tuples integer
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '200'
set hnsw.max_scan_tuples = '20000'
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
begin
  perform set_config('hnsw.ef_search', greatest(ef_search, max_results)::text, true),
    set_config('hnsw.max_scan_tuples', max_scan_tuples::text, true);
  -- relaxed order is almost sorted, so what the index gives is sorted again
  return query execute format($query$
    with nearest as materialized (
      select e.chunk_id as id, e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s) as distance, c.importance_score
      from app_public.embeddings e
      cross join lateral (select c.importance_score from app_public.chunks c where c.id = e.chunk_id and %2$s offset 0) as c
      where e.version_id = $1 and e.workspace_id = $2
      order by e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s)
      limit $6
    )
    select n.id, (1 - n.distance)::real, n.importance_score from nearest n order by n.distance, n.id
  $query$, version.dimensions, conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters;
end
$$;
comment on function app_private.search_vector_index(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, integer, integer) is
  'Nearest chunks by the vector index, continued until enough rows pass the filter. Score: cosine similarity.';

-- A chunk is asked in the language that it was indexed in: a query stemmed by other rules misses words, and a word that
-- is excluded with "-" is not recognised. The index is asked once, for what any language accepts.
create or replace function app_private.search_text(
  workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer, sources uuid[],
  filters app_public.search_filters, conditions text
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
as $$
declare
  languages text[];
  queries tsquery[];
  any_query tsquery;
begin
  select array_agg(asked.language), array_agg(asked.query), string_agg(distinct format('(%s)', asked.query), ' | ')::tsquery
  into languages, queries, any_query
  from (
    -- without angle brackets, as in text_search_vector
    select c.cfgname::text as language, websearch_to_tsquery(c.oid, translate(search_text.query, '<>', '  ')) as query
    from pg_ts_config c
    where c.cfgnamespace = 'pg_catalog'::regnamespace
      and ((filters).text_search_languages is null or c.cfgname::text = any ((filters).text_search_languages))
  ) as asked
  where numnode(asked.query) > 0;
  if any_query is null then
    return;
  end if;
  return query execute format($query$
    -- a place in an array: joined as rows, 30 languages took 36 ms for 1,000 chunks, so they take 13
    select c.id, ts_rank_cd(c.text_search, ($10)[array_position($9, c.text_search_language::text)], 1), c.importance_score
    from app_public.chunks c
    where %s
      and c.text_search @@ $4
      and c.text_search @@ ($10)[array_position($9, c.text_search_language::text)]
    order by 2 desc, c.id desc
    limit $6
  $query$, conditions) using null, workspace, caller, any_query, kinds, max_results, sources, filters, languages, queries;
end
$$;
comment on function app_private.search_text(uuid, uuid, text, app_public.source_type[], integer, uuid[], app_public.search_filters, text) is
  'Chunks that contain the words of a query, each asked in its own language. Score: ts_rank_cd, divided by the logarithm of the length.';
