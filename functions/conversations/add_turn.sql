-- Writes a question and its answer, with what the answer used, into a locked conversation: one statement writes both messages. The
-- answer follows the question on its branch, where there are branches.
create or replace function app_private.add_turn(
  conversation app_public.conversations, question app_public.messages, answer app_public.messages, chunks jsonb, tool_calls jsonb, is_continued boolean
)
returns setof app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  before app_public.conversations := conversation;
begin
  question.role := 'user';
  question := app_private.complete_draft(conversation, question, is_continued);
  -- as it is when the question is there
  conversation.last_message_id := greatest(conversation.last_message_id, question.id);
  conversation.last_sequence_number := question.sequence_number;
  conversation.preferred_leaf_id := case when question.parent_id is not null then question.id end;
  answer.role := 'assistant';
  answer.total_tokens := app_private.tokens_together(answer.prompt_tokens, answer.completion_tokens);
  answer := app_private.complete_draft(conversation, answer);
  return query select i.* from app_private.insert_messages(before, array[question, answer]) as i;
  perform app_private.add_message_chunks(answer, add_turn.chunks);
  perform app_private.add_tool_calls(answer, add_turn.tool_calls);
end
$$;
comment on function app_private.add_turn(app_public.conversations, app_public.messages, app_public.messages, jsonb, jsonb, boolean) is
  'Writes a question and its answer into a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent or chunk, CQ221 the caller''s monthly quota is spent.';
-- Deliberately not granted: app_public.record_turn calls it.
