-- The legs of search. Each applies tenant, ownership and visibility itself: it runs as the owner of the tables, because
-- operators like @@ are not leakproof and could not use an index below a policy. Granted to nobody; only app_public.search
-- and its kin call them, with the caller that the session says.
--
-- What uses the vector index is planned anew at each call (dynamic statements): a plan made for a tenant of 20,000 chunks and
-- kept by a pooled connection returned 0 of 10 rows for a tenant of 50. So is what has filters. Without filters, the legs that
-- are exact whatever the plan (all vectors, words) keep one plan, made for no tenant in particular: planning took more time
-- than the work of a small tenant (vectors of 600 chunks: 0.50 of 0.87 ms are left; words: 0.26 of 0.58 ms).
--
-- In all of them $2 is the workspace, $3 the caller, $5 the kinds, $7 the sources and $8 the filters; conditions is what
-- app_private.search_conditions made of these, or null for those of a search without filters in the hot and warm tiers.
-- Where all vectors are compared, $9 is among how many of the nearest to look, or null.

-- Loads the libraries of pgvector and pg_trgm into this session: a role that is not a superuser may name their settings in
-- a function only then.
do $load$ begin perform '[1]'::extensions.halfvec, extensions.similarity('a', 'b'); end $load$;

-- The statements that are both: dynamic with conditions, and the bodies of functions without (below).
create or replace function app_private.search_statement(leg app_public.search_mode, conditions text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case leg
      -- all vectors are compared and sorted, then chunks are looked up in that order until there are enough: chunks are wide
      when 'vector' then $query$
        select e.chunk_id, (1 - e.distance)::real, c.importance_score
        from (
          select v.chunk_id, v.embedding operator(extensions.<=>) $4 as distance
          from app_public.embeddings v
          where v.version_id = $1 and v.workspace_id = $2
          order by distance, v.chunk_id
          limit $9
        ) as e
        -- one lookup by key for each, whatever the planner believes about what is rare
        cross join lateral (select c.importance_score from app_public.chunks c where c.id = e.chunk_id and %s offset 0) as c
        order by e.distance, e.chunk_id
        limit $6
      $query$
      -- How well each word fits, times how rare it is among the chunks that this very search matches: nothing but what the
      -- caller may read weighs. ts_rank_cd took twice the time, and ranked worse (docs/decisions/text-ranking.md).
      when 'text' then $query$
        with matches as materialized (
          select
            c.id, c.importance_score,
            case when $13 >= 1 then ts_rank(c.text_search, ($12)[q.number][1], 1) end as word_1,
            case when $13 >= 2 then ts_rank(c.text_search, ($12)[q.number][2], 1) end as word_2,
            case when $13 >= 3 then ts_rank(c.text_search, ($12)[q.number][3], 1) end as word_3,
            case when $13 >= 4 then ts_rank(c.text_search, ($12)[q.number][4], 1) end as word_4,
            case when $13 >= 5 then ts_rank(c.text_search, ($12)[q.number][5], 1) end as word_5,
            case when $13 >= 6 then ts_rank(c.text_search, ($12)[q.number][6], 1) end as word_6
          from app_public.chunks c
          -- a place in an array: joined as rows, 30 languages took 36 ms for 1,000 chunks, so they take 13
          cross join lateral (select ($10)[array_position($9, c.text_search_language::text)] as number offset 0) as q
          where %s
            and c.text_search @@ $4
            and c.text_search @@ ($11)[q.number]
        ),
        rarity as materialized (
          select
            ln(1 + count(*) / greatest(count(*) filter (where m.word_1 > 0), 1)::float8) as word_1,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_2 > 0), 1)::float8) as word_2,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_3 > 0), 1)::float8) as word_3,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_4 > 0), 1)::float8) as word_4,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_5 > 0), 1)::float8) as word_5,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_6 > 0), 1)::float8) as word_6
          from matches m
        )
        select
          m.id,
          (
            coalesce(m.word_1 * r.word_1, 0)
            + coalesce(m.word_2 * r.word_2, 0)
            + coalesce(m.word_3 * r.word_3, 0)
            + coalesce(m.word_4 * r.word_4, 0)
            + coalesce(m.word_5 * r.word_5, 0)
            + coalesce(m.word_6 * r.word_6, 0)
          )::real,
          m.importance_score
        from matches m
        cross join rarity r
        order by 2 desc, m.id desc
        limit $6
      $query$
    end,
    conditions
  );
$$;
comment on function app_private.search_statement(app_public.search_mode, text) is 'The statement of the leg that compares all vectors, or of that of words, over the chunks c that fit the conditions.';

do $make$
declare
  -- a memory may expire, and which tenant has memories is not known here
  conditions text := app_private.search_conditions(null, null, true, 'warm');
begin
  execute format($function$
    create or replace function app_private.search_vector_plain(
      uuid, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, integer
    )
    returns table (chunk_id uuid, score real, importance real)
    language sql
    stable
    set search_path = pg_catalog, extensions, pg_temp
    set plan_cache_mode = force_generic_plan
    -- other tenants share the partition
    set enable_seqscan = off
    as $body$%s$body$
  $function$, app_private.search_statement('vector', conditions));
  execute format($function$
    create or replace function app_private.search_text_plain(
      uuid, uuid, uuid, tsquery, app_public.source_type[], integer, uuid[], app_public.search_filters,
      text[], bigint[], tsquery[], tsquery[], integer
    )
    returns table (chunk_id uuid, score real, importance real)
    language sql
    stable
    set search_path = pg_catalog, extensions, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    as $body$%s$body$
  $function$, app_private.search_statement('text', conditions));
end
$make$;
comment on function app_private.search_vector_plain(uuid, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, integer) is
  'The same as search_vector_exact, without filters, by one plan for all tenants.';
comment on function app_private.search_text_plain(uuid, uuid, uuid, tsquery, app_public.source_type[], integer, uuid[], app_public.search_filters, text[], bigint[], tsquery[], tsquery[], integer) is
  'The same as search_text, without filters, by one plan for all tenants.';

create or replace function app_private.search_vector_exact(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer, sources uuid[], filters app_public.search_filters, conditions text, is_narrow boolean,
  nearest integer default null
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
set constraint_exclusion = off
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
  elsif conditions is not null then
    return query execute app_private.search_statement('vector', conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters, nearest;
  else
    return query select * from app_private.search_vector_plain(version.id, workspace, caller, query_embedding, kinds, max_results, null, null, nearest);
  end if;
end
$$;
comment on function app_private.search_vector_exact(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, boolean, integer) is
  'Nearest chunks by comparing all vectors of the workspace, or when is_narrow only those of the chunks that fit; only among the nearest so many, where given, fit or not. Score: cosine similarity.';

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
set constraint_exclusion = off
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
set constraint_exclusion = off
as $$
declare
  languages text[];
  -- which of the different queries each language asks: most languages leave most words as they are
  numbers bigint[];
  queries tsquery[];
  any_query tsquery;
  query tsquery;
  found text[];
  -- six words of each query, not those after a minus; the sixth stands for all that follow
  words tsquery[] := '{}';
  word_count integer := 0;
begin
  select array_agg(n.language), array_agg(n.number), array_agg(distinct n.query order by n.query)
  into languages, numbers, queries
  from (
    select a.language, a.query, dense_rank() over (order by a.query) as number
    from (
      select l.language, app_private.text_search_query(l.language, search_text.query) as query
      from (
        select distinct k.text_search_language::text as language
        from app_hidden.chunk_counts k
        where k.workspace_id = workspace and k.chunk_count > 0
          and ((filters).text_search_languages is null or k.text_search_language::text = any ((filters).text_search_languages))
      ) as l
      -- asked once for each, not wherever it is read
      offset 0
    ) as a
    where numnode(a.query) > 0
  ) as n;
  if queries is null then
    return;
  end if;
  foreach query in array queries loop
    any_query := coalesce(any_query || query, query);
    found := array(
      select w.word[1]
      from regexp_matches(query::text, $words$!\( (?:'(?:[^']|'')*'|[^'()])*\)|!'(?:[^']|'')*'|'(?:[^']|'')*'$words$, 'g') with ordinality as w (word, place)
      where w.word[1] not like '!%'
      group by w.word[1]
      order by min(w.place)
    );
    word_count := greatest(word_count, cardinality(found));
    words := words || array[[
      found[1]::tsquery, found[2]::tsquery, found[3]::tsquery, found[4]::tsquery, found[5]::tsquery, nullif(array_to_string(found[6:], ' | '), '')::tsquery
    ]];
  end loop;
  -- of very many words the index is asked only when the planner knows that it should be: 1,500 took 18 s instead of 2
  if conditions is null and numnode(any_query) > 200 then
    conditions := app_private.search_conditions(null, null, true, 'warm');
  end if;
  if conditions is not null then
    return query execute app_private.search_statement('text', conditions)
    using null, workspace, caller, any_query, kinds, max_results, sources, filters, languages, numbers, queries, words, word_count;
  else
    return query select * from app_private.search_text_plain(
      null, workspace, caller, any_query, kinds, max_results, null, null, languages, numbers, queries, words, word_count
    );
  end if;
end
$$;
comment on function app_private.search_text(uuid, uuid, text, app_public.source_type[], integer, uuid[], app_public.search_filters, text) is
  'Chunks that contain the words of a query, each asked in its own language. Score: the sum over the words of ts_rank, divided by the logarithm of the length, times ln(1 + matches / matches with the word); it compares within one search only.';
