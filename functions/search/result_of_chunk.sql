-- What a search returns of a chunk that it found. The tenant is asked again. Without a set clause, so that it is inlined.
create or replace function app_private.result_of_chunk(
  workspace uuid, chunk_id uuid, vector_score real, text_score real, score real, question app_private.search_question
)
returns setof app_public.search_result
language sql
stable
as $$
  select
    c.id, c.source_type, c.document_id, c.conversation_id, c.message_id,
    coalesce(
      (select d.title from app_public.documents d where d.id = c.document_id),
      (select t.title from app_public.conversations t where t.id = c.conversation_id),
      (select i.subject from app_public.memory_items i where i.id = c.memory_item_id),
      case when c.raw_event_id is not null then coalesce(c.metadata ->> 'title', app_hidden.event_title(c.raw_event_id)) end
    ),
    c.heading,
    app_private.search_snippet(c.text_search_language, c.text_search, c.content, question),
    c.content, c.page_number, vector_score, text_score, score, c.memory_item_id, c.raw_event_id
  from app_public.chunks c
  where c.workspace_id = workspace and c.id = result_of_chunk.chunk_id;
$$;
comment on function app_private.result_of_chunk(uuid, uuid, real, real, real, app_private.search_question) is
  'A chunk as a result of a search, with its title, and the words of the question marked in its best part.';
