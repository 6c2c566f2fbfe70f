-- BM25 twice: of each chunk, and of all of its document that matches. Rarity is counted among the chunks that this very search
-- matches: nothing but what the caller may read weighs (docs/decisions/text-ranking.md). Of the common words, which find nothing or
-- only together, a sample of the workspace says how many chunks have them: shares by the number of the word, and total, null where every word finds.
-- Without a set clause, so that it is inlined.
create or replace function app_private.weighed_by_words(
  scope app_private.search_scope, finding tsquery[], ranking tsquery[], shares double precision[], total double precision, required tsquery, excluded tsquery
)
returns table (id uuid, importance_score real, source uuid, score double precision, of_source double precision, good double precision)
language sql
stable
as $$
  with found as materialized (
    select m.* from app_private.word_matches(scope, finding, ranking, required, excluded) as m
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
      f.number, ln(1 + coalesce(1 / f.share, greatest(total, a.chunks) / f.chunks)) as of_chunks,
      ln(1 + coalesce(1 / f.share, coalesce(total * a.sources / a.chunks, a.sources) / f.sources)) as of_sources
    from (
      select f.number, shares[f.number] as share, sum(f.chunks)::float8 as chunks, count(*)::float8 as sources
      from (select f.number, f.source, count(*) as chunks from found f group by f.number, f.source) as f
      group by f.number
    ) as f
    cross join facts a
  ),
  -- what a chunk by itself would have
  best as materialized (
    select f.id, f.source, min(f.importance_score) as importance_score,
      sum(app_private.word_weight(r.of_chunks, f.headed + f.said, f.size, a.size)) as score
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
    select t.source, sum(app_private.word_weight(r.of_sources, t.headed + t.said, t.size, t.mean)) as score
    from (
      select f.source, f.number, l.size, max(f.headed) as headed, sum(f.said) as said, (select avg(l.size) from lengths l) as mean
      from found f
      join lengths l on l.source = f.source
      group by f.source, f.number, l.size
    ) as t
    join rarity r on r.number = t.number
    group by t.source
  )
  select
    b.id, b.importance_score, b.source, b.score, d.score,
    -- three tenths of what the words could give; a word that nothing has is the rarest
    0.3 * 2.2 * ((select sum(r.of_chunks) from rarity r) + (cardinality(finding) + coalesce(cardinality(ranking), 0) - (select count(*) from rarity r)) * ln(1 + 2 * (select coalesce(total, a.chunks) from facts a)))
  from best b
  join documents d on d.source = b.source;
$$;
comment on function app_private.weighed_by_words(app_private.search_scope, tsquery[], tsquery[], double precision[], double precision, tsquery, tsquery) is
  'The best 200 chunks by their words, each with the weight of its document, and with what a good match has.';
