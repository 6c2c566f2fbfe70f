-- Hybrid search over everything the caller may read in the workspace of the request. Sealed, see legs.sql for why. The
-- caller and the workspace come from the session alone, never from an argument.
--
-- Fusion: reciprocal rank (Cormack, Clarke, Buettcher 2009), the sum of 1 / (60 + rank) over both legs.
create or replace function app_public.search(
  query text,
  query_embedding extensions.halfvec default null,
  kinds app_public.source_type[] default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid'
)
returns app_public.search_response
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  candidates integer;
  available bigint;
  vector_ids uuid[] := '{}';
  vector_scores real[] := '{}';
  text_ids uuid[] := '{}';
  text_scores real[] := '{}';
  response app_public.search_response;
begin
  -- an API key may search without the right to read anything else
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  mode := coalesce(mode, 'hybrid');
  max_results := coalesce(max_results, 10);
  query := coalesce(query, '');
  kinds := coalesce(kinds, enum_range(null::app_public.source_type));
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if threshold not between -1 and 1 then
    raise exception 'threshold is -1 to 1, not %.', threshold using errcode = 'CQ200', hint = 'Cosine similarity lies between -1 and 1.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to search for.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;

  response.requested := max_results;
  response.path := 'none';
  response.scan_limit_hit := false;
  -- each leg hands more than was asked for to the fusion: what is second in both may be the best of all
  candidates := case mode when 'hybrid' then greatest(4 * max_results, 40) else max_results end;

  if mode <> 'text' and query_embedding is not null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
    if version.id is not null then
      if vector_dims(query_embedding) <> version.dimensions then
        raise exception 'The vector has % dimensions, the active embedding version "%" has %.', vector_dims(query_embedding), version.name, version.dimensions
          using errcode = 'CQ301', hint = 'Embed the query with the model of the active version, or leave queryEmbedding out.';
      end if;
      response.embedding_version_id := version.id;
      select coalesce(sum(k.chunk_count), 0) into available
      from app_hidden.chunk_counts k where k.workspace_id = workspace and k.source_type = any (kinds);

      response.path := 'exact';
      if available > app_hidden.setting('search_exact_limit')::bigint then
        response.path := 'index';
        select coalesce(array_agg(s.chunk_id), '{}'), coalesce(array_agg(s.score), '{}') into vector_ids, vector_scores
        from app_private.search_vector_index(version, workspace, caller, query_embedding, kinds, candidates) as s;
        -- too few although there are more: the scan stopped at its limit, so nothing may be trusted to the index
        if cardinality(vector_ids) < candidates then
          response.path := 'index, then exact';
          response.scan_limit_hit := true;
        end if;
      end if;
      if response.path <> 'index' then
        select coalesce(array_agg(s.chunk_id), '{}'), coalesce(array_agg(s.score), '{}') into vector_ids, vector_scores
        from app_private.search_vector_exact(version, workspace, caller, query_embedding, kinds, candidates) as s;
      end if;
    end if;
  end if;

  if mode <> 'vector' and trim(query) <> '' then
    select coalesce(array_agg(s.chunk_id), '{}'), coalesce(array_agg(s.score), '{}') into text_ids, text_scores
    from app_private.search_text(workspace, caller, query, kinds, candidates) as s;
  end if;

  select array_agg(row(found.*)::app_public.search_result order by found.score desc, found.chunk_id desc) into response.results
  from (
    select
      fused.chunk_id, c.source_type, c.document_id, c.conversation_id, c.message_id,
      coalesce(d.title, t.title, i.subject) as title, c.heading,
      ts_headline(
        ('pg_catalog.' || c.text_search_language)::regconfig,
        replace(replace(replace(c.content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
        websearch_to_tsquery(('pg_catalog.' || c.text_search_language)::regconfig, translate(query, '<>', '  ')),
        'StartSel=<mark>, StopSel=</mark>, MaxWords=40, MinWords=20, MaxFragments=1'
      ) as snippet,
      c.content, c.page_number, fused.vector_score, fused.text_score, fused.score, c.memory_item_id
    from (
      select
        legs.chunk_id, max(legs.vector_score) as vector_score, max(legs.text_score) as text_score,
        (case mode when 'hybrid' then sum(1.0 / (60 + legs.rank)) when 'vector' then max(legs.vector_score) else max(legs.text_score) end)::real as score
      from (
        select v.chunk_id, v.score as vector_score, null::real as text_score, v.rank
        from unnest(vector_ids, vector_scores) with ordinality as v (chunk_id, score, rank)
        where threshold is null or v.score >= threshold
        union all
        select x.chunk_id, null, x.score, x.rank
        from unnest(text_ids, text_scores) with ordinality as x (chunk_id, score, rank)
      ) as legs
      group by legs.chunk_id
      -- ties go to the newer chunk: ids are ordered by time
      order by score desc, legs.chunk_id desc
      limit max_results
    ) as fused
    join app_public.chunks c on c.workspace_id = workspace and c.id = fused.chunk_id
    left join app_public.documents d on d.workspace_id = workspace and d.id = c.document_id
    left join app_public.conversations t on t.workspace_id = workspace and t.id = c.conversation_id
    left join app_public.memory_items i on i.workspace_id = workspace and i.id = c.memory_item_id
    where i.expires_at is null or i.expires_at > now()
  ) as found;
  response.results := coalesce(response.results, '{}');
  response.returned := cardinality(response.results);
  return response;
end
$$;
comment on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode) is
  'Finds chunks of documents, messages and memories by meaning and by words. The API computes the vector of "query" itself; kinds, maxResults (1 to 100), threshold (cosine similarity) and mode narrow the search. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';
grant execute on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode)
  to colloquy_user, colloquy_admin;
