-- Hybrid search over everything the caller may read in the workspace of the request. Sealed: operators like @@ are not leakproof and could
-- not use an index below a policy, so the legs run as the owner of the tables and apply tenant, ownership and visibility themselves
-- (findable_chunks). The caller and the workspace come from the session alone, never from an argument.
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
-- its own statements look up single rows, and planning them took 1 ms of 3; the legs that are planned anew say so
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
  -- as good as 100 on four public sets, and 20 was as good on three (docs/decisions/fusion.md)
  fused constant integer := 50;
  version app_public.embedding_versions;
  scope app_private.search_scope;
  question app_private.search_question;
  candidates integer;
  is_plain boolean;
  vectors app_private.search_hit[];
  texts app_private.search_hit[];
  vector_leg app_public.search_leg := row('vector', 'used', null, null, null, null);
  text_leg app_public.search_leg;
  path text := 'none';
  results app_public.search_result[];
begin
  -- an API key may search without the right to read anything else
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  mode := coalesce(mode, 'hybrid');
  max_results := coalesce(max_results, 10);
  skip := coalesce(skip, 0);
  perform app_private.check_search(coalesce(query, ''), query_embedding, max_results, skip, threshold, filters);
  version := app_private.searched_version(embedding_version_id, case when mode <> 'text' then query_embedding end);
  scope := app_private.search_scope(workspace, caller, coalesce(kinds, enum_range(null::app_public.source_type)), filters);
  is_plain := filters is null and not scope.has_archived;
  -- each leg of a hybrid hands more than was asked for to the fusion, since what is second in both may be the best of all
  candidates := greatest(skip + max_results, case mode when 'hybrid' then fused end);

  if mode = 'text' or query_embedding is null then
    vector_leg := app_private.unused_leg('vector', case mode when 'text' then 'mode' else coalesce(without_vector, 'no_vector') end);
  elsif version.id is not null then
    select v.hits, v.path into vectors, path from app_private.search_vectors(version, scope, query_embedding, candidates, threshold, is_plain) as v;
    vector_leg := app_private.used_leg('vector', vectors, case mode when 'hybrid' then version.vector_weight else 1 end);
  end if;
  question := case when trim(query) <> '' then app_private.question_in(workspace, query, filters) end;
  if mode = 'vector' or question.words is null then
    text_leg := app_private.unused_leg('text', case mode when 'vector' then 'mode' else 'no_words' end);
  else
    -- a plan for no tenant in particular may read all chunks of the tenant: 3 ms for 2,000
    texts := app_private.search_text(scope, question, candidates, is_plain and scope.everything <= 2000);
    text_leg := app_private.used_leg('text', texts, (1 - coalesce(vector_leg.weight, 0))::real);
  end if;

  select array_agg(row(r.*)::app_public.search_result order by f.is_after, f.score desc, f.importance desc, f.chunk_id desc) into results
  from app_private.fused_page(
    mode, fused, vectors, vector_leg.weight, texts, text_leg.weight, version.id, workspace, query_embedding, max_results, skip
  ) as f
  cross join lateral app_private.result_of_chunk(workspace, f.chunk_id, f.vector_score, f.text_score, f.score, question) as r;
  results := coalesce(results, '{}');
  return row(
    max_results, cardinality(results), path, path = 'index, then exact', version.id, results, array[vector_leg, text_leg]
  )::app_public.search_response;
end
$$;
comment on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid, text) is
  'Finds chunks of documents, messages, memories and events by meaning and by words. The API computes the vector of "query" itself; kinds, filters, threshold (cosine similarity) and mode narrow the search; maxResults (1 to 100) and skip page through its first 200 results. without_vector says why the caller brings no vector, and is repeated in the answer. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';
grant execute on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid, text)
  to colloquy_user, colloquy_admin;
