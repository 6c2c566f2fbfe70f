-- What an answer was made of, and what a search for its question finds now. Not sealed: what is not readable by the policies
-- of messages and chunks does not exist here. What was cited is read by citations_of(), which asks for as much; a passage that was
-- erased looks like one that is not for the reader.

create or replace function app_hidden.question_of(answer app_public.messages)
returns app_public.messages
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  question app_public.messages;
begin
  select q.* into question
  from app_public.messages q
  -- ids are ordered by time: only the months of the conversation up to the answer are touched
  where q.conversation_id = answer.conversation_id and q.id >= answer.conversation_id and q.id < answer.id and q.role = 'user'
    and case when answer.parent_id is null then q.sequence_number < answer.sequence_number else q.id = answer.parent_id end
  order by q.sequence_number desc
  limit 1;
  if question.id is null then
    question := app_hidden.read_packed_question(answer.id);
  end if;
  return question;
end
$$;
comment on function app_hidden.question_of(app_public.messages) is 'The question that a message answers: its parent, or the last one before it.';
grant execute on function app_hidden.question_of(app_public.messages) to colloquy_user, colloquy_admin;

create or replace function app_public.explain_answer(message_id uuid)
returns app_public.answer_explanation
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  answer app_public.messages;
  question app_public.messages;
  result app_public.answer_explanation;
begin
  perform app_hidden.require_member();
  if explain_answer.message_id is null then
    return null;
  end if;
  select m.* into answer from app_hidden.find_message(explain_answer.message_id) as m;
  if answer.id is null then
    raise exception 'There is no such message.' using errcode = 'CQ204', hint = 'Take the id of an answer that you can read.';
  end if;
  question := app_hidden.question_of(answer);
  result.message_id := answer.id;
  result.question_id := question.id;
  result.question := question.content;
  result.retrieval := answer.metadata -> 'retrieval';
  result.chunks := array(
    select row(
      x.chunk_id, x.rank, x.similarity_score, x.text_score, x.score, x.embedding_version_id,
      coalesce(p.id, c.id) is not null, coalesce(p.source_type, c.source_type),
      coalesce(
        p.title,
        (select d.title from app_public.documents d where d.id = c.document_id),
        (select t.title from app_public.conversations t where t.id = c.conversation_id),
        (select i.subject from app_public.memory_items i where i.id = c.memory_item_id),
        case when c.raw_event_id is not null then app_hidden.event_title(c.raw_event_id) end
      ),
      coalesce(p.content, c.content), coalesce(p.heading, c.heading), coalesce(p.page_number, c.page_number),
      coalesce(p.start_offset, c.start_offset), coalesce(p.end_offset, c.end_offset),
      coalesce(p.document_id, c.document_id), p.document_hash, coalesce(p.conversation_id, c.conversation_id), coalesce(p.message_id, c.message_id),
      coalesce(p.memory_item_id, c.memory_item_id), coalesce(p.raw_event_id, c.raw_event_id),
      case when coalesce(p.id, c.id) is not null then uuid_extract_timestamp(x.chunk_id) end,
      case
        when c.id is not null then coalesce(
          -- until an edited document is cut anew, its chunks are those from before
          (select d.chunked_hash = d.content_hash or position(c.content in d.content) > 0 from app_public.documents d where d.id = c.document_id),
          true
        )
        when p.id is not null then false
      end
    )::app_public.explained_chunk
    from app_hidden.citations_of(answer.id) as cited
    cross join lateral (select (cited.citation).*) as x
    cross join lateral (select (cited.passage).*) as p
    left join app_public.chunks c on c.workspace_id = x.workspace_id and c.id = x.chunk_id
    order by x.rank
  );
  return result;
end
$$;
comment on function app_public.explain_answer(uuid) is
  'Which passages an answer used, as they were then, with the scores of each leg, the embedding version and the settings that served it, whatever tier its conversation is in. Errors: CQ101 not signed in, CQ204 no such message, CQ260 its archive is damaged.';
grant execute on function app_public.explain_answer(uuid) to colloquy_user, colloquy_admin;

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
