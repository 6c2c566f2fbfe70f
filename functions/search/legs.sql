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
-- app_private.search_conditions made of these, or null for those of a search without filters, where no document is archived.
-- Where all vectors are compared, $9 is among how many of the nearest to look, or null.
-- needs: search/search_conditions

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
      -- BM25 (Robertson, Walker 1994; k1 1.2, b 0.75) twice, in equal parts: of the chunk, and of all of its document that matches. Rarity
      -- is counted among the chunks that this very search matches: nothing but what the caller may read weighs
      -- (docs/decisions/text-ranking.md).
      when 'text' then $query$
        with by_index as materialized (
          select
            w.number, c.id, c.importance_score, coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) as source, c.size,
            c.places, case when $11 is not null then c.text_search end as text_search
          from unnest($4) with ordinality as w (query, number)
          cross join lateral (
            select
              c.id, c.importance_score, c.document_id, c.message_id, c.memory_item_id, c.raw_event_id, c.text_search,
              octet_length(c.content) + octet_length(coalesce(c.context_near, '')) / 2 + octet_length(coalesce(c.context_far, '')) / 4 as size,
              ts_rank_cd('{0.000244140625, 0.00048828125, 0.0009765625, 1}', c.text_search, w.query)::float8 as places
            from app_public.chunks c
            where %s
              and c.text_search @@ w.query
              and ($9 is null or c.text_search @@ $9)
              and ($10 is null or not c.text_search @@ $10)
            offset 0
          ) as c
        ),
        -- common words find nothing by themselves, they only rank
        found as materialized (
          select
            p.number, p.id, p.importance_score, p.source, p.size,
            -- of one word, ts_rank_cd is the sum of the weights of its places: the heading's before, the others' after the point
            floor(p.places) as headed, (p.places - floor(p.places)) * 1024 as said
          from (
            select i.number, i.id, i.importance_score, i.source, i.size, i.places from by_index i
            union all
            select
              w.number + cardinality($4), c.id, c.importance_score, c.source, c.size,
              ts_rank_cd('{0.000244140625, 0.00048828125, 0.0009765625, 1}', c.text_search, w.query)::float8
            from (
              select i.id, i.source, min(i.importance_score) as importance_score, min(i.size) as size, any_value(i.text_search) as text_search
              from by_index i
              where $11 is not null
              group by i.id, i.source
            ) as c
            cross join unnest($11) with ordinality as w (query, number)
            where c.text_search @@ w.query
          ) as p
        ),
        facts as materialized (
          select sum(f.chunks)::float8 as chunks, (sum(f.size) / sum(f.chunks))::float8 as size, count(*)::float8 as sources
          from (
            select f.source, count(*) as chunks, sum(f.size) as size
            from (select f.id, f.source, min(f.size) as size from found f group by f.id, f.source) as f
            group by f.source
          ) as f
        ),
        rarity as materialized (
          select
            f.number,
            ln(1 + coalesce(1 / ($12)[f.number - cardinality($4)], greatest($13, a.chunks) / f.chunks)) as of_chunks,
            ln(1 + coalesce(1 / ($12)[f.number - cardinality($4)], coalesce($13 * a.sources / a.chunks, a.sources) / f.sources)) as of_sources
          from (
            select f.number, sum(f.chunks)::float8 as chunks, count(*)::float8 as sources
            from (select f.number, f.source, count(*) as chunks from found f group by f.number, f.source) as f
            group by f.number
          ) as f
          cross join facts a
        ),
        -- what a chunk by itself would have
        best as materialized (
          select f.id, f.source, min(f.importance_score) as importance_score,
            sum(r.of_chunks * 2.2 * (f.headed + f.said) / (f.headed + f.said + 1.2 * (0.25 + 0.75 * f.size / a.size))) as score
          from found f
          join rarity r on r.number = f.number
          cross join facts a
          group by f.id, f.source
          order by score desc, f.id desc
          limit 200
        ),
        lengths as materialized (
          select b.source, coalesce(
            (select octet_length(d.content) from app_public.documents d where d.id = b.source),
            (select sum(x.size) from (select distinct on (f.id) f.size from found f where f.source = b.source) as x)
          )::float8 as size
          from (select distinct b.source from best b) as b
        ),
        -- and its document: a title counts once, however many chunks begin with it
        documents as (
          select t.source,
            sum(r.of_sources * 2.2 * (t.headed + t.said) / (t.headed + t.said + 1.2 * (0.25 + 0.75 * t.size / t.mean))) as score
          from (
            select f.source, f.number, l.size, max(f.headed) as headed, sum(f.said) as said, (select avg(l.size) from lengths l) as mean
            from found f
            join lengths l on l.source = f.source
            group by f.source, f.number, l.size
          ) as t
          join rarity r on r.number = t.number
          group by t.source
        ),
        ranked as (
          select b.id, b.importance_score, b.score, row_number() over (partition by b.source order by b.score desc, b.id desc) as place,
            0.5 * first_value(b.score) over (partition by b.source order by b.score desc, b.id desc) + 0.5 * d.score as of_document
          from best b
          join documents d on d.source = b.source
        ),
        -- the best chunk of a document stands for it, the others for themselves
        scored as (
          select r.id, r.importance_score, case when r.place = 1 then r.of_document else least(r.score, r.of_document) end as score
          from ranked r
        )
        select
          c.id,
          -- 1 is what has most of what the words could give; a word that nothing has is the rarest
          (c.score / greatest(
            max(c.score) over (),
            0.3 * 2.2 * ((select sum(r.of_chunks) from rarity r) + (cardinality($4) + coalesce(cardinality($11), 0) - (select count(*) from rarity r)) * ln(1 + 2 * (select coalesce($13, a.chunks) from facts a)))
          ))::real,
          c.importance_score
        from scored c
        order by c.score desc, c.id desc
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
  conditions text := app_private.search_conditions(null, null, true, false);
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
      uuid, uuid, uuid, tsquery[], app_public.source_type[], integer, uuid[], app_public.search_filters, tsquery, tsquery,
      tsquery[], float8[], float8
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
comment on function app_private.search_text_plain(uuid, uuid, uuid, tsquery[], app_public.source_type[], integer, uuid[], app_public.search_filters, tsquery, tsquery, tsquery[], float8[], float8) is
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

create or replace function app_private.search_text(
  workspace uuid, caller uuid, question app_private.search_question, kinds app_public.source_type[], max_results integer, sources uuid[],
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
  -- what finds, and what only ranks
  finding tsquery[] := question.words;
  ranking tsquery[];
  shares float8[];
  total float8;
  ids uuid[];
  scores real[];
  importances real[];
begin
  if question.words is null then
    return;
  end if;
  select s.finding, s.ranking, s.shares, s.total into finding, ranking, shares, total
  from app_private.split_words(workspace, question) as s;
  loop
    if conditions is not null then
      execute format(
        'select array_agg(t.id), array_agg(t.score), array_agg(t.importance) from (%s) as t (id, score, importance)', app_private.search_statement('text', conditions)
      )
      into ids, scores, importances
      using null, workspace, caller, finding, kinds, max_results, sources, filters, question.required, question.excluded, ranking, shares, total;
    else
      select array_agg(t.chunk_id), array_agg(t.score), array_agg(t.importance) into ids, scores, importances
      from app_private.search_text_plain(
        null, workspace, caller, finding, kinds, max_results, null, null, question.required, question.excluded, ranking, shares, total
      ) as t;
    end if;
    exit when cardinality(ids) >= max_results or ranking is null;
    -- the rare words find too little for this caller: the next one finds too
    finding := finding || ranking[1];
    ranking := nullif(ranking[2:], '{}');
    shares := nullif(shares[2:], '{}');
  end loop;
  return query select * from unnest(ids, scores, importances);
end
$$;
comment on function app_private.search_text(uuid, uuid, app_private.search_question, app_public.source_type[], integer, uuid[], app_public.search_filters, text) is
  'Chunks that have any word of a question, each with 0 to 1: the better, the more of its words they and their documents have, and the rarer these are. It compares within one search only.';
