-- What the legs of a search found, each chunk once, with the score that it has by itself. Without a set clause, so that it is inlined.
create or replace function app_private.weighed_hits(
  mode app_public.search_mode, fused integer, vectors app_private.search_hit[], vector_weight real, texts app_private.search_hit[], text_weight real,
  version_id uuid, workspace uuid, query_embedding extensions.halfvec
)
returns table (chunk_id uuid, importance real, place bigint, text_score real, vector_score real, source uuid, own real)
language sql
stable
as $$
  with hits as (
    select
      h.chunk_id, max(h.importance) as importance, min(h.place) as place, max(h.vector_score) as vector_score,
      -- beyond the first of its leg it is known on late pages alone: what counts there must not count here
      max(h.text_score) filter (where mode <> 'hybrid' or h.place <= fused) as text_score
    from (
      select v.chunk_id, v.importance, v.place, v.score as vector_score, null::real as text_score from unnest(vectors) as v
      union all
      select t.chunk_id, t.importance, t.place, null, t.score from unnest(texts) as t
    ) as h
    group by h.chunk_id
  ),
  compared as materialized (
    select
      h.chunk_id, h.importance, h.place, h.text_score,
      -- what words alone have found is as similar as it is, although not among the nearest
      coalesce(h.vector_score, case when weighed_hits.version_id is not null then (
        select (1 - (e.embedding operator(extensions.<=>) query_embedding))::real
        from app_public.embeddings e
        where e.version_id = weighed_hits.version_id and e.workspace_id = workspace and e.chunk_id = h.chunk_id
        offset 0
      ) end) as vector_score,
      case when mode = 'hybrid' then (
        select coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id)
        from app_public.chunks c where c.workspace_id = workspace and c.id = h.chunk_id
      ) end as source
    from hits h
  )
  select c.*, app_private.fused_score(vector_weight, c.vector_score, text_weight, c.text_score) from compared c;
$$;
comment on function app_private.weighed_hits(app_public.search_mode, integer, app_private.search_hit[], real, app_private.search_hit[], real, uuid, uuid, extensions.halfvec) is
  'What the legs of a search found, each chunk once, with its best place, its scores, and in a hybrid search its source.';
