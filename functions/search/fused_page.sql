-- A page of what the legs of a search found, in one order. The first of each leg (fused) are fused; what is in neither comes after all that,
-- by the better of its places: so the next page goes on where this one ends. Without a set clause, so that it is inlined.
create or replace function app_private.fused_page(
  mode app_public.search_mode, fused integer, vectors app_private.search_hit[], vector_weight real, texts app_private.search_hit[], text_weight real,
  version_id uuid, workspace uuid, query_embedding extensions.halfvec, max_results integer, skip integer
)
returns table (chunk_id uuid, vector_score real, text_score real, is_after boolean, importance real, score real)
language sql
stable
as $$
  with weighed as (
    select h.* from app_private.weighed_hits(mode, fused, vectors, vector_weight, texts, text_weight, version_id, workspace, query_embedding) as h
  ),
  -- the best passage of a document stands for the best of all that was found of it
  standing as (
    select
      w.*, mode = 'hybrid' and w.place > fused as is_after,
      case when row_number() over (partition by w.source, w.place > fused order by w.own desc, w.chunk_id desc) = 1
        then app_private.fused_score(
          vector_weight, max(w.vector_score) over (partition by w.source, w.place > fused),
          text_weight, max(w.text_score) over (partition by w.source, w.place > fused)
        )
        else w.own
      end as of_source
    from weighed w
  )
  select
    s.chunk_id, s.vector_score, s.text_score, s.is_after, s.importance,
    (case
      when mode = 'vector' then s.vector_score
      when mode = 'text' then s.text_score
      when s.is_after then min(s.of_source) filter (where not s.is_after) over () - s.place * 1e-6
      else s.of_source
    end)::real as score
  from standing s
  -- ties go to the more important chunk, then to the newer: ids are ordered by time
  order by s.is_after, score desc, s.importance desc, s.chunk_id desc
  limit max_results offset skip;
$$;
comment on function app_private.fused_page(app_public.search_mode, integer, app_private.search_hit[], real, app_private.search_hit[], real, uuid, uuid, extensions.halfvec, integer, integer) is
  'A page of what the legs of a search found, each chunk once, with its scores and whether it comes after what was fused.';
