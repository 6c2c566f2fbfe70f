-- Another answer to the same question, beside the one that was there: a branch of its own, with what it used and cost.
-- Nothing that was said is changed, and the first answer keeps its feedback.
create or replace function app_public.regenerate_answer(
  message_id uuid,
  answer text,
  chunks jsonb default '[]',
  tool_calls jsonb default '[]',
  provider text default null,
  model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null,
  latency_ms integer default null,
  relevance_score real default null,
  idempotency_key text default null,
  metadata jsonb default '{}'
)
returns app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  place app_public.messages;
  draft app_public.messages;
  result app_public.messages;
begin
  conversation := app_private.lock_conversation_of(regenerate_answer.message_id);
  draft.role := 'assistant';
  draft.content := regenerate_answer.answer;
  draft.idempotency_key := regenerate_answer.idempotency_key;
  draft.provider := regenerate_answer.provider;
  draft.model := regenerate_answer.model;
  draft.prompt_tokens := regenerate_answer.prompt_tokens;
  draft.completion_tokens := regenerate_answer.completion_tokens;
  draft.cost_usd := regenerate_answer.cost_usd;
  draft.processing_time_ms := regenerate_answer.latency_ms;
  draft.relevance_score := regenerate_answer.relevance_score;
  draft.metadata := regenerate_answer.metadata;
  if regenerate_answer.idempotency_key is not null then
    result := app_private.message_of_key(conversation.id, regenerate_answer.idempotency_key);
    if result.id is not null then
      perform app_private.require_same_content(result, draft);
      perform app_private.require_same_use(result.id, regenerate_answer.chunks, regenerate_answer.tool_calls);
      return result;
    end if;
  end if;
  place := app_private.draft_of_answer(conversation, conversation.id, null, regenerate_answer.message_id);
  draft.parent_id := place.parent_id;
  draft.replaces_id := place.replaces_id;
  return app_private.add_answer(conversation, draft, regenerate_answer.chunks, regenerate_answer.tool_calls);
end
$$;
comment on function app_public.regenerate_answer(uuid, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, text, jsonb) is
  'Stores another answer beside one that was given, as a branch, with its chunks, tool calls and cost as in recordTurn, and continues there. A retry with the same idempotencyKey returns the first one. Errors: CQ101, CQ109, CQ200 unusable argument or not an answer, CQ204 no such message or chunk, CQ221 your monthly quota is spent, CQ810 the key was used with another content.';
grant execute on function app_public.regenerate_answer(uuid, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, text, jsonb)
  to colloquy_user, colloquy_admin;
