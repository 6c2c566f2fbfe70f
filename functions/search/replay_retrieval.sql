-- What a search for the question of an answer finds now. Not security definer: what is not readable by the policies of messages and chunks
-- does not exist here.
create or replace function app_public.replay_retrieval(message_id uuid, version_id uuid default null)
returns app_public.retrieval_replay
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  explanation app_public.answer_explanation;
  vector extensions.halfvec;
  used uuid[];
  kinds app_public.source_type[];
  found app_public.search_response;
  result app_public.retrieval_replay;
begin
  explanation := app_public.explain_answer(replay_retrieval.message_id);
  if explanation.message_id is null then
    return null;
  end if;
  if trim(coalesce(explanation.question, '')) = '' then
    raise exception 'Before this message there is no question.' using errcode = 'CQ200', hint = 'Take the id of an answer.';
  end if;
  result.message_id := explanation.message_id;
  result.embedding_version_id := coalesce(replay_retrieval.version_id, (select v.id from app_public.embedding_versions v where v.status = 'active'));
  select e.embedding into vector
  from app_public.chunks c
  join app_public.embeddings e on e.version_id = result.embedding_version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
  where c.workspace_id = app_hidden.current_workspace_id() and c.message_id = explanation.question_id
  order by c.chunk_index
  limit 1;
  result.has_vector := vector is not null;
  used := array(select x.chunk_id from unnest(explanation.chunks) as x order by x.rank);
  -- the kinds that it used, or all but messages: the question itself would be what fits best
  kinds := coalesce(
    (select array_agg(distinct x.source_type) from unnest(explanation.chunks) as x where x.source_type is not null),
    array['document', 'memory', 'event']::app_public.source_type[]
  );
  found := app_public.search(
    query => left(explanation.question, 10000), query_embedding => vector, kinds => kinds,
    max_results => least(100, greatest(cardinality(used), 10) + 20), embedding_version_id => replay_retrieval.version_id
  );
  result.path := found.path;
  result.chunks := array(
    select row(coalesce(u.id, n.chunk_id), u.place, n.place, coalesce(n.title, u.title), n.score)::app_public.replayed_chunk
    from (select x.chunk_id as id, row_number() over (order by x.rank) as place, x.title from unnest(explanation.chunks) as x) as u
    full join (
      select r.chunk_id, r.title, r.score, row_number() over (order by r.place) as place
      from (
        select f.chunk_id, f.title, f.score, f.message_id, row_number() over () as place from unnest(found.results) as f
      ) as r
      -- neither the question nor the answer explains the answer
      where r.message_id is null or r.message_id not in (explanation.question_id, explanation.message_id)
      order by r.place
      limit greatest(cardinality(used), 10)
    ) as n on n.chunk_id = u.id
    order by u.place, n.place
  );
  result.overlap := (
    select (count(x.rank)::float8 / nullif(count(x.cited_rank), 0))::real
    from unnest(result.chunks) as x where x.cited_rank is not null
  );
  return result;
end
$$;
comment on function app_public.replay_retrieval(uuid, uuid) is
  'Searches now for the question of an answer, by its stored vector and its words, in the active or another kept embedding version, and compares. Errors: CQ101 not signed in, CQ200 no question before it, CQ204 no such message or version.';
grant execute on function app_public.replay_retrieval(uuid, uuid) to colloquy_user, colloquy_admin;
