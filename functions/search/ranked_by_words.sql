-- The best chunks by their words, with scores from 0 to 1. Without a set clause, so that it is inlined: search_text_wide has it planned
-- for its scope, search_text_plain for any.
create or replace function app_private.ranked_by_words(
  scope app_private.search_scope, finding tsquery[], ranking tsquery[], shares double precision[], total double precision, required tsquery,
  excluded tsquery, max_results integer
)
returns table (chunk_id uuid, score real, importance real)
language sql
stable
as $$
  with ranked as (
    select
      w.id, w.importance_score, w.score, w.good, row_number() over (partition by w.source order by w.score desc, w.id desc) as place,
      0.5 * first_value(w.score) over (partition by w.source order by w.score desc, w.id desc) + 0.5 * w.of_source as of_document
    from app_private.weighed_by_words(scope, finding, ranking, shares, total, required, excluded) as w
  ),
  -- the best chunk of a document stands for it, the others for themselves
  scored as (
    select r.id, r.importance_score, r.good, case when r.place = 1 then r.of_document else least(r.score, r.of_document) end as score
    from ranked r
  )
  -- 1 is what has most of what the words could give
  select c.id, (c.score / greatest(max(c.score) over (), c.good))::real, c.importance_score
  from scored c
  order by c.score desc, c.id desc
  limit max_results;
$$;
comment on function app_private.ranked_by_words(app_private.search_scope, tsquery[], tsquery[], double precision[], double precision, tsquery, tsquery, integer) is
  'The best chunks of a scope by the words of a question: half by the chunk and half by its document, as a share of what the best or a good match has.';
