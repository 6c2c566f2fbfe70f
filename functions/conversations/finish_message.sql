-- Ends an answer that is being written, once: with its text so far, or with the text that is given, and with what it used and cost. Said
-- again with the same it changes nothing.
create or replace function app_public.finish_message(
  message_id uuid,
  status app_public.message_status default 'complete',
  content text default null,
  parts jsonb default null,
  chunks jsonb default '[]',
  tool_calls jsonb default '[]',
  provider text default null,
  model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null,
  latency_ms integer default null,
  relevance_score real default null,
  metadata jsonb default null
)
returns app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  draft app_public.messages;
  result app_public.messages;
begin
  conversation := app_private.lock_conversation_of(finish_message.message_id);
  if finish_message.status is null or finish_message.status = 'streaming' then
    raise exception 'A message ends as complete or as failed.' using errcode = 'CQ200', hint = 'Leave the status out for COMPLETE.';
  end if;
  draft.id := finish_message.message_id;
  draft.status := finish_message.status;
  draft.content := finish_message.content;
  draft.parts := finish_message.parts;
  draft.provider := finish_message.provider;
  draft.model := finish_message.model;
  draft.prompt_tokens := finish_message.prompt_tokens;
  draft.completion_tokens := finish_message.completion_tokens;
  draft.cost_usd := finish_message.cost_usd;
  draft.processing_time_ms := finish_message.latency_ms;
  draft.relevance_score := finish_message.relevance_score;
  draft.metadata := finish_message.metadata;
  result := app_private.ended_as(draft);
  if result.id is not null then
    return result;
  end if;
  perform app_private.lock_stream(finish_message.message_id);
  result := app_private.end_stream(conversation, draft);
  perform app_private.add_message_chunks(result, finish_message.chunks);
  perform app_private.add_tool_calls(result, finish_message.tool_calls);
  return result;
end
$$;
comment on function app_public.finish_message(uuid, app_public.message_status, text, jsonb, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, jsonb) is
  'Ends an answer that is STREAMING, as COMPLETE or FAILED, with its chunks, tool calls, tokens and cost as in recordTurn. content: the whole text, where it is not what was appended. Once: again with the same changes nothing. Errors: CQ101, CQ109, CQ200, CQ204 no such message or chunk, CQ222, CQ812 it has ended otherwise, CQ813 somebody else writes it.';
grant execute on function app_public.finish_message(uuid, app_public.message_status, text, jsonb, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, jsonb)
  to colloquy_user, colloquy_admin;
