-- The one way an answer gets into a locked conversation with what it used: its chunks and its tool calls.
create or replace function app_private.add_answer(
  conversation app_public.conversations, draft app_public.messages, chunks jsonb, tool_calls jsonb
)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages;
begin
  draft.role := 'assistant';
  draft.total_tokens := app_private.tokens_together(draft.prompt_tokens, draft.completion_tokens);
  result := app_private.insert_message(conversation, draft);
  perform app_private.add_message_chunks(result, add_answer.chunks);
  perform app_private.add_tool_calls(result, add_answer.tool_calls);
  return result;
end
$$;
comment on function app_private.add_answer(app_public.conversations, app_public.messages, jsonb, jsonb) is
  'Writes an answer with its chunks and tool calls into a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent or chunk.';
