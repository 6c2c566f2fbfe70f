-- A whole turn in one transaction: question, answer, the chunks it used, its tool calls, tokens, cost and latency. Either
-- all of it is there or nothing. Both messages are in the same conversation, also when the size limit is crossed.
create or replace function app_public.record_turn(
  conversation_id uuid,
  question text,
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
  parent_id uuid default null,
  idempotency_key text default null,
  metadata jsonb default '{}'
)
returns setof app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  place app_public.conversations;
  question_draft app_public.messages;
  answer_draft app_public.messages;
  asked app_public.messages;
  answered app_public.messages;
  question_key text := 'turn:' || record_turn.idempotency_key || ':question';
  answer_key text := 'turn:' || record_turn.idempotency_key || ':answer';
  parent_place uuid;
begin
  conversation := app_private.lock_conversation(record_turn.conversation_id);
  if char_length(record_turn.idempotency_key) not between 1 and 180 then
    raise exception 'The idempotency key of a turn has 1 to 180 characters.' using errcode = 'CQ200', column = 'idempotency_key', hint = 'A UUID will do.';
  end if;
  if record_turn.parent_id is not null then
    select m.conversation_id into parent_place from app_public.messages m
    where m.id = record_turn.parent_id and m.workspace_id = conversation.workspace_id;
  end if;
  question_draft.content := record_turn.question;
  question_draft.idempotency_key := question_key;
  answer_draft.role := 'assistant';
  answer_draft.content := record_turn.answer;
  answer_draft.idempotency_key := answer_key;
  answer_draft.provider := record_turn.provider;
  answer_draft.model := record_turn.model;
  answer_draft.prompt_tokens := record_turn.prompt_tokens;
  answer_draft.completion_tokens := record_turn.completion_tokens;
  answer_draft.cost_usd := record_turn.cost_usd;
  answer_draft.processing_time_ms := record_turn.latency_ms;
  answer_draft.relevance_score := record_turn.relevance_score;
  answer_draft.metadata := record_turn.metadata;
  loop
    if record_turn.idempotency_key is not null then
      asked := app_private.message_of_key(conversation.id, question_key);
      answered := app_private.message_of_key(conversation.id, answer_key);
      if asked.id is not null and answered.id is not null then
        perform app_private.require_same_content(asked, question_draft), app_private.require_same_content(answered, answer_draft),
          app_private.require_same_use(answered.id, record_turn.chunks, record_turn.tool_calls);
        return next asked;
        return next answered;
        return;
      end if;
    end if;
    place := app_private.lock_continuation(conversation, 2);
    exit when place.id = conversation.id;
    conversation := place;
  end loop;
  if parent_place is distinct from record_turn.conversation_id or conversation.id = record_turn.conversation_id then
    question_draft.parent_id := record_turn.parent_id;
  end if;
  return query select t.* from app_private.add_turn(
    conversation, question_draft, answer_draft, record_turn.chunks, record_turn.tool_calls, conversation.id <> record_turn.conversation_id
  ) as t;
end
$$;
comment on function app_public.record_turn(uuid, text, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, uuid, text, jsonb) is
  'Stores a question with its answer, the chunks [{chunkId, similarityScore, textScore, score}] and tool calls [{name, arguments, result, status, durationMs}] of it, in one transaction; returns both messages. A retry with the same idempotencyKey returns the first ones. Errors: CQ101, CQ109, CQ200 unusable argument, CQ204 no such conversation, parent or chunk, CQ221 your monthly quota is spent, CQ810 the key was used with another content.';
grant execute on function app_public.record_turn(uuid, text, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, uuid, text, jsonb)
  to colloquy_user, colloquy_admin;
