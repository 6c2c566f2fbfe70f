-- Hybrid search over everything the caller may read in the workspace of the request. Sealed, see legs.sql for why. The
-- caller and the workspace come from the session alone, never from an argument.
--
-- Fusion: reciprocal rank (Cormack, Clarke, Buettcher 2009), the sum of 1 / (60 + rank) over the first 20 of both legs. What
-- neither has among its first 20 comes after all that, by the better of its ranks. So no leg is asked for more than the page
-- needs, and the next page goes on where this one ends.
create or replace function app_public.search(
  query text,
  query_embedding extensions.halfvec default null,
  kinds app_public.source_type[] default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0,
  embedding_version_id uuid default null
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
  -- Each place more costs up to 8 µs a leg, of 2,500 for a search of a small workspace. 3,000 headings of README files found
  -- their text among the first ten as often with 10 as with 100 (0.32 and 0.33; joined by "or" 0.41 and 0.39).
  rank_window constant integer := 20;
  candidates integer;
  nearest integer;
  exact_limit bigint;
  available bigint;
  everything bigint;
  matching bigint;
  has_memories boolean;
  is_keyed boolean;
  is_exact boolean;
  sources uuid[];
  tier text;
  conditions text;
  is_plain boolean;
  vectors app_private.search_hit[];
  hits app_private.search_hit[] := '{}';
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
  tier := case when filters.include_cold then null else 'warm' end;
  -- each leg of a hybrid hands more than was asked for to the fusion, since what is second in both may be the best of all
  candidates := case mode when 'hybrid' then greatest(rank_window, wanted) else wanted end;

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
    version := null;
  elsif vector_dims(query_embedding) <> version.dimensions then
    raise exception 'The vector has % dimensions, the % embedding version "%" has %.', vector_dims(query_embedding), version.status, version.name, version.dimensions
      using errcode = 'CQ301', hint = 'Embed the query with the model of that version, or leave queryEmbedding out.';
  end if;
  response.embedding_version_id := version.id;

  select t.* into available, everything, has_memories from app_private.chunk_totals(workspace, kinds) as t;

  if version.id is not null then
    exact_limit := app_hidden.setting('search_exact_limit')::bigint;
    is_exact := available <= exact_limit;
    is_keyed := sources is not null or filters.created_after is not null;
    if is_keyed and not is_exact then
      -- by index, and no further than it takes to decide
      execute format('select count(*) from (select from app_public.chunks c where %s limit $6) as c', app_private.search_conditions(filters, sources, has_memories, tier))
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

  loop
    conditions := app_private.search_conditions(filters, sources, has_memories, tier);
    is_plain := filters is null and tier = 'warm';
    if version.id is not null then
      vectors := '{}';
      if not is_exact then
        vectors := array(
          select row(s.chunk_id, 'vector', s.place, s.score, s.importance, tier = 'cold')::app_private.search_hit
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
            select row(s.chunk_id, 'vector', s.place, s.score, s.importance, tier = 'cold')::app_private.search_hit
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
      hits := hits || vectors;
    end if;
    if mode <> 'vector' and trim(query) <> '' then
      hits := hits || array(
        select row(s.chunk_id, 'text', s.place, s.score, s.importance, tier = 'cold')::app_private.search_hit
        from app_private.search_text(
          workspace, caller, query, kinds, candidates, sources, filters,
          -- a plan for no tenant in particular may read all chunks of the tenant: 3 ms for 2,000
          case when not is_plain or everything > 2000 then conditions end
        )
          with ordinality as s (chunk_id, score, importance, place)
      );
    end if;
    -- what is cold comes after all the rest, and only when that is too little
    exit when tier is distinct from 'warm'
      -- a chunk is hit twice at most, so mostly there is nothing to count
      or cardinality(hits) >= wanted and (cardinality(hits) >= 2 * wanted or (select count(distinct h.chunk_id) from unnest(hits) as h) >= wanted)
      or not exists (select from app_public.chunks c where c.workspace_id = workspace and c.tier = 'cold');
    tier := 'cold';
  end loop;
  response.searched_cold := tier is distinct from 'warm';

  select array_agg(row(found.*)::app_public.search_result order by fused.is_cold, fused.score desc, fused.importance desc, fused.chunk_id desc)
  into response.results
  from (
    select
      h.chunk_id, max(h.score) filter (where h.leg = 'vector') as vector_score, max(h.score) filter (where h.leg = 'text') as text_score,
      (case
        when mode <> 'hybrid' then max(h.score)
        when min(h.place) <= rank_window then sum(1.0::float8 / (60 + h.place)) filter (where h.place <= rank_window)
        else 1.0::float8 / (60 + min(h.place))
      end)::real as score,
      h.importance, h.is_cold
    from unnest(hits) as h
    group by h.chunk_id, h.importance, h.is_cold
    -- ties go to the more important chunk, then to the newer: ids are ordered by time
    order by h.is_cold, score desc, h.importance desc, h.chunk_id desc
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
      app_private.search_snippet(c.text_search_language, case when fused.text_score is null then c.text_search end, c.content, query) as snippet,
      c.content, c.page_number, fused.vector_score, fused.text_score, fused.score, c.memory_item_id, c.raw_event_id
    from app_public.chunks c
    where c.workspace_id = workspace and c.id = fused.chunk_id
  ) as found;
  response.results := coalesce(response.results, '{}');
  response.returned := cardinality(response.results);
  return response;
end
$$;
comment on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid) is
  'Finds chunks of documents, messages, memories and events by meaning and by words. The API computes the vector of "query" itself; kinds, filters, threshold (cosine similarity) and mode narrow the search; maxResults (1 to 100) and skip page through its first 200 results. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';
grant execute on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid)
  to colloquy_user, colloquy_admin;
