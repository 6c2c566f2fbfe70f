-- The order of sources that app_public.search gives to what its legs found: a source stands where its best similarity and its best words
-- put it (fused_score). test/sql/search/measure-vector-weight.test.ts compares the two.
create or replace function app_private.fused_ndcg(
  in_version uuid, workspace uuid, query_embedding extensions.halfvec, hits app_public.search_result[], cited uuid[], weights real[]
)
returns double precision[]
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  with passages as (
    select h.chunk_id, coalesce(h.document_id, h.message_id, h.memory_item_id, h.raw_event_id) as source, max(h.vector_score) as vector_score, max(h.text_score) as text_score
    from unnest(hits) as h
    group by 1, 2
  ),
  sources as materialized (
    select
      p.source, max(p.text_score) as by_words,
      max(coalesce(p.vector_score, (
        select (1 - (e.embedding operator(extensions.<=>) query_embedding))::real
        from app_public.embeddings e
        where e.version_id = in_version and e.workspace_id = fused_ndcg.workspace and e.chunk_id = p.chunk_id
      ))) as by_meaning
    from passages p
    group by p.source
  ),
  ranked as (
    select w.number, s.source, row_number() over (partition by w.number order by app_private.fused_score(w.weight, s.by_meaning, (1 - w.weight)::real, s.by_words) desc, s.source desc) as place
    from unnest(weights) with ordinality as w (weight, number)
    cross join sources s
  )
  select array_agg(g.gained / g.ideal order by g.number)
  from (
    select
      r.number, coalesce(sum(1 / ln(r.place + 1)) filter (where r.place <= 10 and r.source = any (cited)), 0)::float8 as gained,
      (select sum(1 / ln(i + 1)) from generate_series(1, least(10, cardinality(cited))) as i)::float8 as ideal
    from ranked r
    group by r.number
  ) as g
  where exists (select from sources s where s.source = any (cited));
$$;
comment on function app_private.fused_ndcg(uuid, uuid, extensions.halfvec, app_public.search_result[], uuid[], real[]) is
  'nDCG@10 of the cited sources among what both legs of a search found, for each weight of the vectors; null when none of them was found.';
