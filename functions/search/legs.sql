-- The legs of search. Each applies tenant, ownership and visibility itself: it runs as the owner of the tables, because
-- operators like @@ are not leakproof and could not use an index below a policy. Granted to nobody; only app_public.search
-- calls them, with the caller that the session says.
--
-- They are planned anew at each call (dynamic statements): a plan made for a tenant of 20,000 chunks and kept by a pooled
-- connection returned 0 of 10 rows for a tenant of 50.

-- Loads pgvector's library into this session: a role that is not a superuser may name its settings in a function only then.
do $load$ begin perform '[1]'::extensions.halfvec; end $load$;

create or replace function app_private.search_vector_exact(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer
)
returns table (chunk_id uuid, score real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  -- without the cast to halfvec(n) the vector index does not fit, so this is a scan of the tenant's rows
  return query execute $query$
    select c.id, (1 - (e.embedding operator(extensions.<=>) $4))::real
    from app_public.embeddings e
    join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
    where e.version_id = $1 and e.workspace_id = $2 and c.workspace_id = $2
      and (c.owner_id = $3 or c.visibility = 'workspace')
      and c.source_type = any ($5)
    order by e.embedding operator(extensions.<=>) $4, c.id
    limit $6
  $query$ using version.id, workspace, caller, query_embedding, kinds, max_results;
end
$$;
comment on function app_private.search_vector_exact(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer) is
  'Nearest chunks by comparing all vectors of the workspace. Score: cosine similarity.';

create or replace function app_private.search_vector_index(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer
)
returns table (chunk_id uuid, score real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '200'
set hnsw.max_scan_tuples = '20000'
set enable_seqscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  perform set_config('hnsw.ef_search', greatest(app_hidden.setting('search_ef_search')::integer, max_results)::text, true);
  -- relaxed order is almost sorted, so what the index gives is sorted again
  return query execute format($query$
    with nearest as materialized (
      select c.id, e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s) as distance
      from app_public.embeddings e
      join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
      where e.version_id = $1 and e.workspace_id = $2 and c.workspace_id = $2
        and (c.owner_id = $3 or c.visibility = 'workspace')
        and c.source_type = any ($5)
      order by e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s)
      limit $6
    )
    select n.id, (1 - n.distance)::real from nearest n order by n.distance, n.id
  $query$, version.dimensions) using version.id, workspace, caller, query_embedding, kinds, max_results;
end
$$;
comment on function app_private.search_vector_index(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer) is
  'Nearest chunks by the vector index, continued until enough rows pass the filter. Score: cosine similarity.';

-- A chunk is asked in the language that it was indexed in: a query stemmed by other rules misses words, and a word that
-- is excluded with "-" is not recognised. The index is asked once, for what any language accepts.
create or replace function app_private.search_text(
  workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer
)
returns table (chunk_id uuid, score real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
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
  ) as asked
  where numnode(asked.query) > 0;
  if any_query is null then
    return;
  end if;
  return query execute $query$
    select c.id, ts_rank_cd(c.text_search, asked.query, 1)
    from app_public.chunks c
    join unnest($6, $7) as asked (language, query) on asked.language = c.text_search_language
    where c.workspace_id = $1
      and c.text_search @@ $3
      and c.text_search @@ asked.query
      and (c.owner_id = $2 or c.visibility = 'workspace')
      and c.source_type = any ($4)
    order by 2 desc, c.id desc
    limit $5
  $query$ using workspace, caller, any_query, kinds, max_results, languages, queries;
end
$$;
comment on function app_private.search_text(uuid, uuid, text, app_public.source_type[], integer) is
  'Chunks that contain the words of a query, each asked in its own language. Score: ts_rank_cd, divided by the logarithm of the length.';
