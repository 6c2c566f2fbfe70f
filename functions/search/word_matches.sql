-- Which chunks have the words of a question: a row for each chunk and word. The words of "finding" are looked up in the index; those of
-- "ranking", which are common, find nothing by themselves and only rank what the others found. Without a set clause, so that it is inlined.
create or replace function app_private.word_matches(scope app_private.search_scope, finding tsquery[], ranking tsquery[], required tsquery, excluded tsquery)
returns table (number bigint, id uuid, importance_score real, source uuid, size integer, headed double precision, said double precision)
language sql
stable
as $$
  with by_index as materialized (
    select
      w.number, c.id, c.importance_score, coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) as source, c.size,
      c.places, case when ranking is not null then c.text_search end as text_search
    from unnest(finding) with ordinality as w (query, number)
    cross join lateral (
      select
        c.id, c.importance_score, c.document_id, c.message_id, c.memory_item_id, c.raw_event_id, c.text_search,
        octet_length(c.content) + octet_length(coalesce(c.context_near, '')) / 2 + octet_length(coalesce(c.context_far, '')) / 4 as size,
        ts_rank_cd('{0.000244140625, 0.00048828125, 0.0009765625, 1}', c.text_search, w.query)::float8 as places
      from app_private.findable_chunks(scope) as c
      where c.text_search @@ w.query
        and (required is null or c.text_search @@ required)
        and (excluded is null or not c.text_search @@ excluded)
      offset 0
    ) as c
  )
  select
    p.number, p.id, p.importance_score, p.source, p.size,
    -- of one word, ts_rank_cd is the sum of the weights of its places: the heading's before, the others' after the point
    floor(p.places) as headed, (p.places - floor(p.places)) * 1024 as said
  from (
    select i.number, i.id, i.importance_score, i.source, i.size, i.places from by_index i
    union all
    select
      w.number + cardinality(finding), c.id, c.importance_score, c.source, c.size,
      ts_rank_cd('{0.000244140625, 0.00048828125, 0.0009765625, 1}', c.text_search, w.query)::float8
    from (
      select i.id, i.source, min(i.importance_score) as importance_score, min(i.size) as size, any_value(i.text_search) as text_search
      from by_index i
      where ranking is not null
      group by i.id, i.source
    ) as c
    cross join unnest(ranking) with ordinality as w (query, number)
    where c.text_search @@ w.query
  ) as p;
$$;
comment on function app_private.word_matches(app_private.search_scope, tsquery[], tsquery[], tsquery, tsquery) is
  'The chunks of a scope that have a word: the number of the word, the size of the chunk, and how often the word is in its heading and elsewhere.';
