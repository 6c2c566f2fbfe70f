-- Memories in the order in which they are recalled. Relevance is what a hybrid search gives, 0 to 1: similarity and words by the weight of
-- the embedding version. Then it is weighed: half of the score for the fit alone, up to three tenths for importance, up to two for recency.
-- Without a set clause, so that it is inlined.
create or replace function app_private.weighed_memories(
  workspace uuid, vectors app_private.search_hit[], texts app_private.search_hit[], vector_weight real, max_results integer
)
returns setof app_public.recalled_memory
language sql
stable
as $$
  select
    m.id, m.content, m.subject, m.importance, fits.vector_score, fits.text_score, aged.recency,
    (fits.relevance * (0.5 + 0.3 * m.importance + 0.2 * aged.recency))::real as score
  from (
    -- a memory of several pieces counts by its best ones
    select
      c.memory_item_id, max(legs.vector_score) as vector_score, max(legs.text_score) as text_score,
      coalesce(vector_weight * greatest(max(legs.vector_score), 0), 0) + coalesce((1 - vector_weight) * max(legs.text_score), 0) as relevance
    from (
      select v.chunk_id, v.score as vector_score, null::real as text_score from unnest(vectors) as v
      union all
      select t.chunk_id, null, t.score from unnest(texts) as t
    ) as legs
    join app_public.chunks c on c.workspace_id = workspace and c.id = legs.chunk_id
    group by c.memory_item_id
  ) as fits
  join app_public.memory_items m on m.workspace_id = workspace and m.id = fits.memory_item_id
  cross join lateral (
    select (0.5 ^ greatest(0, extract(epoch from now() - greatest(m.last_accessed_at, lower(m.validity))) / 2592000.0))::real as recency
  ) as aged
  where upper_inf(m.validity) and (m.expires_at is null or m.expires_at > now())
  order by score desc, m.id desc
  limit max_results;
$$;
comment on function app_private.weighed_memories(uuid, app_private.search_hit[], app_private.search_hit[], real, integer) is
  'The memories of the chunks that both legs found, weighed by importance and recency, best first.';
