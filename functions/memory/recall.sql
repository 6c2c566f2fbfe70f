-- Recall: the memories that fit a question, weighed by importance and recency. Sealed, as search is, and the caller comes
-- from the session alone. It counts nothing: what an answer really used is said by use_memories.
--
-- Relevance is what a hybrid search gives, 0 to 1: similarity and words by the weight of the embedding version. Then it is weighed:
-- half of the score for the fit alone, up to three tenths for importance, up to two for recency.
create or replace function app_public.recall(query text, query_embedding extensions.halfvec default null, max_results integer default 10)
returns app_public.recall_response
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  candidates integer;
  kinds app_public.source_type[] := array['memory']::app_public.source_type[];
  conditions text := app_private.search_conditions(null, null, true, false);
  weight real := 0;
  response app_public.recall_response;
begin
  perform app_hidden.require_member();
  query := coalesce(query, '');
  max_results := coalesce(max_results, 10);
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to recall.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;
  candidates := greatest(4 * max_results, 40);
  if query_embedding is not null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
    if vector_dims(query_embedding) <> version.dimensions then
      raise exception 'The vector has % dimensions, the active embedding version "%" has %.', vector_dims(query_embedding), version.name, version.dimensions
        using errcode = 'CQ301', hint = 'Embed the query with the model of the active version, or leave queryEmbedding out.';
    end if;
    weight := version.vector_weight;
  end if;

  select array_agg(row(found.*)::app_public.recalled_memory order by found.score desc, found.id desc) into response.memories
  from (
    select
      m.id, m.content, m.subject, m.importance, fits.vector_score, fits.text_score, aged.recency,
      (fits.relevance * (0.5 + 0.3 * m.importance + 0.2 * aged.recency))::real as score
    from (
      -- a memory of several pieces counts by its best ones
      select
        c.memory_item_id, max(legs.vector_score) as vector_score, max(legs.text_score) as text_score,
        coalesce(weight * greatest(max(legs.vector_score), 0), 0) + coalesce((1 - weight) * max(legs.text_score), 0) as relevance
      from (
        -- always exact: memories have an index of their own among the chunks, and a workspace has thousands of them, not millions
        select v.chunk_id, v.score as vector_score, null::real as text_score
        from app_private.search_vector_exact(version, workspace, caller, query_embedding, kinds, candidates, null, null, conditions, true) as v
        where version.id is not null
        union all
        select x.chunk_id, null, x.score
        from app_private.search_text(workspace, caller, app_private.question_in(workspace, query), kinds, candidates, null, null, conditions) as x
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
    limit max_results
  ) as found;
  response.requested := max_results;
  response.embedding_version_id := version.id;
  response.memories := coalesce(response.memories, '{}');
  response.returned := cardinality(response.memories);
  return response;
end
$$;
comment on function app_public.recall(text, extensions.halfvec, integer) is
  'The memories that fit a question best, weighed by importance and recency. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';
grant execute on function app_public.recall(text, extensions.halfvec, integer) to colloquy_user, colloquy_admin;
