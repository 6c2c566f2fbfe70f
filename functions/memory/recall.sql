-- Recall: the memories that fit a question, weighed by importance and recency. Sealed, as search is, and the caller comes
-- from the session alone. It counts nothing: what an answer really used is said by use_memories.
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
  -- whether there are memories need not be asked: nothing else is looked for
  scope app_private.search_scope := row(
    workspace, caller, array['memory']::app_public.source_type[], null, null, null, null, true, false
  )::app_private.search_scope;
  vectors app_private.search_hit[];
  texts app_private.search_hit[];
  question app_private.search_question;
  response app_public.recall_response;
begin
  perform app_hidden.require_member();
  max_results := coalesce(max_results, 10);
  perform app_private.check_query(query, max_results);
  if trim(coalesce(query, '')) = '' and query_embedding is null then
    raise exception 'There is nothing to recall.' using errcode = 'CQ200', column = 'query', hint = 'Pass some words as "query".';
  end if;
  version := app_private.searched_version(null, query_embedding);
  candidates := greatest(4 * max_results, 40);
  if version.id is not null then
    -- always exact: memories have an index of their own among the chunks, and a workspace has thousands of them, not millions
    vectors := array(
      select row(v.chunk_id, null, v.score, v.importance)::app_private.search_hit
      from app_private.search_vector_narrow(version.id, scope, query_embedding, candidates) as v
    );
  end if;
  question := case when trim(query) <> '' then app_private.question_in(workspace, query) end;
  if question.words is not null then
    texts := app_private.search_text(scope, question, candidates);
  end if;
  select array_agg(row(m.*)::app_public.recalled_memory order by m.score desc, m.memory_item_id desc) into response.memories
  from app_private.weighed_memories(workspace, vectors, texts, coalesce(version.vector_weight, 0), max_results) as m;
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
