-- What an answer was made of. Not security definer: what is not readable by the policies of messages and chunks does not exist here. What
-- was cited is read by citations_of(), which asks for as much; a passage that was erased looks like one that is not for the
-- reader.
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
        case when c.raw_event_id is not null then coalesce(c.metadata ->> 'title', app_hidden.event_title(c.raw_event_id)) end
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
