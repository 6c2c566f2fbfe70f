-- Hybrid search over everything the caller may read in the workspace of the request. Sealed, see legs.sql for why. The
-- caller and the workspace come from the session alone, never from an argument.
--
-- Fusion: a weighted sum of both scores, each from 0 to 1: how much of what the words could give a passage has, and how similar its
-- vector is. The weight belongs to the embedding version (vector_weight). The similarity is taken as it is and not stretched between
-- the least and the most similar, so a model that finds all texts alike has no say (docs/decisions/fusion.md). The first 50 of each
-- leg are fused; what is in neither comes after all that, by the better of its places. So the next page goes on where this one ends.
create or replace function app_public.search(
  query text,
  query_embedding extensions.halfvec default null,
  kinds app_public.source_type[] default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0,
  embedding_version_id uuid default null,
  without_vector text default null
)
returns app_public.search_response
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
-- its own statements look up single rows, and planning them took 1 ms of 3; the legs are dynamic and planned anew in any case
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  wanted integer;
  -- as good as 100 on four public sets, and 20 was as good on three (docs/decisions/fusion.md)
  fused constant integer := 50;
  candidates integer;
  nearest integer;
  exact_limit bigint;
  available bigint;
  everything bigint;
  matching bigint;
  has_memories boolean;
  has_archived boolean;
  is_keyed boolean;
  is_exact boolean;
  sources uuid[];
  conditions text;
  is_plain boolean;
  vectors app_private.search_hit[] := '{}';
  texts app_private.search_hit[] := '{}';
  vector_leg app_public.search_leg := row('vector', 'used', null, null, null, null);
  text_leg app_public.search_leg := row('text', 'used', null, null, null, null);
  question app_private.search_question;
  response app_public.search_response;
begin
  -- an API key may search without the right to read anything else
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  mode := coalesce(mode, 'hybrid');
  max_results := coalesce(max_results, 10);
  skip := coalesce(skip, 0);
  query := coalesce(query, '');
  kinds := coalesce(kinds, enum_range(null::app_public.source_type));
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  wanted := skip + max_results;
  if skip < 0 or wanted > 200 then
    raise exception 'Pages reach as far as the first 200 results: skip % and maxResults % do not.', skip, max_results
      using errcode = 'CQ200', hint = 'Narrow the search by filters.';
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
  -- "is not null" would mean that each of them is given
  if not (filters is null) then
    perform app_private.check_search_filters(filters);
    sources := app_private.search_sources(workspace, caller, filters);
  end if;

  response.requested := max_results;
  response.path := 'none';
  response.scan_limit_hit := false;
  -- each leg of a hybrid hands more than was asked for to the fusion, since what is second in both may be the best of all
  candidates := case mode when 'hybrid' then greatest(fused, wanted) else wanted end;

  if embedding_version_id is null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
  else
    select v.* into version from app_public.embedding_versions v
    where v.id = search.embedding_version_id and v.status <> 'archived'
      and to_regclass(format('app_partitions.embeddings_%s', v.number)) is not null;
    if version.id is null then
      raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'Leave it out to search the active one.';
    end if;
  end if;
  if mode = 'text' or query_embedding is null then
    vector_leg.state := 'left_out';
    vector_leg.reason := case mode when 'text' then 'mode' else coalesce(without_vector, 'no_vector') end;
    version := null;
  elsif vector_dims(query_embedding) <> version.dimensions then
    raise exception 'The vector has % dimensions, the % embedding version "%" has %.', vector_dims(query_embedding), version.status, version.name, version.dimensions
      using errcode = 'CQ301', hint = 'Embed the query with the model of that version, or leave queryEmbedding out.';
  end if;
  response.embedding_version_id := version.id;

  select t.* into available, everything, has_memories, has_archived from app_private.chunk_totals(workspace, kinds) as t;
  conditions := app_private.search_conditions(filters, sources, has_memories, has_archived);
  is_plain := filters is null and not has_archived;

  if version.id is not null then
    exact_limit := app_hidden.setting('search_exact_limit')::bigint;
    is_exact := available <= exact_limit;
    is_keyed := sources is not null or filters.created_after is not null;
    if is_keyed and not is_exact then
      -- by index, and no further than it takes to decide
      execute format('select count(*) from (select from app_public.chunks c where %s limit $6) as c', conditions)
      into matching
      using null, workspace, caller, null, kinds, exact_limit + 1, sources, filters;
      is_exact := matching <= exact_limit;
    end if;
    -- a version that is being built has no index yet
    is_exact := is_exact or to_regclass(format('app_partitions.embeddings_%s_hnsw', version.number)) is null;
    response.path := case when is_exact then 'exact' else 'index' end;
    -- few of many: from the chunks to their vectors, not the other way round
    is_keyed := is_exact and (is_keyed or 4 * available < everything);
  end if;

  if version.id is not null then
    if not is_exact then
      vectors := array(
        select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
        from app_private.search_vector_index(
          version, workspace, caller, query_embedding, kinds, candidates, sources, filters, conditions,
          app_private.search_ef_search(version), app_private.search_max_scan_tuples(filters)
        ) with ordinality as s (chunk_id, score, importance, place)
      );
      -- too few although there are more: the scan stopped at its limit, so nothing may be trusted to the index
      if cardinality(vectors) < candidates then
        response.path := 'index, then exact';
        response.scan_limit_hit := true;
      end if;
    end if;
    if is_exact or cardinality(vectors) < candidates then
      -- most of what is near may be read, as a rule: to sort no more than that makes a search of 2,000 chunks a tenth cheaper
      nearest := case when is_exact and is_plain and not is_keyed and available > 4 * candidates then 4 * candidates end;
      loop
        vectors := array(
          select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
          from app_private.search_vector_exact(
            version, workspace, caller, query_embedding, kinds, candidates, sources, filters,
            case when not is_plain or is_keyed then conditions end, is_keyed, nearest
          ) with ordinality as s (chunk_id, score, importance, place)
        );
        exit when nearest is null or cardinality(vectors) >= candidates;
        nearest := null;
      end loop;
    end if;
    if threshold is not null then
      vectors := array(select v::app_private.search_hit from unnest(vectors) as v where v.score >= threshold);
    end if;
    vector_leg.hits := cardinality(vectors);
    vector_leg.best_score := vectors[1].score;
    vector_leg.weight := case mode when 'hybrid' then version.vector_weight else 1 end;
  end if;
  question := app_private.question_in(workspace, query, filters);
  if mode = 'vector' or question.words is null then
    text_leg.state := 'left_out';
    text_leg.reason := case mode when 'vector' then 'mode' else 'no_words' end;
  else
    texts := array(
      select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
      from app_private.search_text(
        workspace, caller, question, kinds, candidates, sources, filters,
        -- a plan for no tenant in particular may read all chunks of the tenant: 3 ms for 2,000
        case when not is_plain or everything > 2000 then conditions end
      ) with ordinality as s (chunk_id, score, importance, place)
    );
    text_leg.hits := cardinality(texts);
    text_leg.best_score := texts[1].score;
    text_leg.weight := 1 - coalesce(vector_leg.weight, 0);
  end if;
  response.legs := array[vector_leg, text_leg];

  select array_agg(row(found.*)::app_public.search_result order by fused.is_after, fused.score desc, fused.importance desc, fused.chunk_id desc)
  into response.results
  from (
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
    -- what words alone have found is as similar as it is, although not among the nearest
    compared as materialized (
      select
        h.chunk_id, h.importance, h.place, h.text_score,
        coalesce(h.vector_score, case when version.id is not null then (
          select (1 - (e.embedding operator(extensions.<=>) query_embedding))::real
          from app_public.embeddings e
          where e.version_id = version.id and e.workspace_id = workspace and e.chunk_id = h.chunk_id
          offset 0
        ) end) as vector_score,
        (
          select coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id)
          from app_public.chunks c where c.workspace_id = workspace and c.id = h.chunk_id
        ) as source
      from hits h
    ),
    weighed as (
      select c.*, coalesce(vector_leg.weight * greatest(c.vector_score, 0), 0) + coalesce(text_leg.weight * c.text_score, 0) as own
      from compared c
    ),
    -- the best passage of a document stands for the best of all that was found of it
    standing as (
      select
        w.*, mode = 'hybrid' and w.place > fused as is_after,
        case when row_number() over (partition by w.source, w.place > fused order by w.own desc, w.chunk_id desc) = 1
          then coalesce(vector_leg.weight * greatest(max(w.vector_score) over (partition by w.source, w.place > fused), 0), 0)
            + coalesce(text_leg.weight * max(w.text_score) over (partition by w.source, w.place > fused), 0)
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
    limit max_results offset skip
  ) as fused
  cross join lateral (
    select
      fused.chunk_id, c.source_type, c.document_id, c.conversation_id, c.message_id,
      coalesce(
        (select d.title from app_public.documents d where d.id = c.document_id),
        (select t.title from app_public.conversations t where t.id = c.conversation_id),
        (select i.subject from app_public.memory_items i where i.id = c.memory_item_id),
        case when c.raw_event_id is not null then app_hidden.event_title(c.raw_event_id) end
      ) as title,
      c.heading,
      app_private.search_snippet(c.text_search_language, c.text_search, c.content, question) as snippet,
      c.content, c.page_number, fused.vector_score, fused.text_score, fused.score, c.memory_item_id, c.raw_event_id
    from app_public.chunks c
    where c.workspace_id = workspace and c.id = fused.chunk_id
  ) as found;
  response.results := coalesce(response.results, '{}');
  response.returned := cardinality(response.results);
  return response;
end
$$;
comment on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid, text) is
  'Finds chunks of documents, messages, memories and events by meaning and by words. The API computes the vector of "query" itself; kinds, filters, threshold (cosine similarity) and mode narrow the search; maxResults (1 to 100) and skip page through its first 200 results. without_vector says why the caller brings no vector, and is repeated in the answer. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';
grant execute on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid, text)
  to colloquy_user, colloquy_admin;
