-- Begins an answer of which the text comes in pieces: append_to_message adds them, finish_message ends it. With a question, that is
-- posted before it, in the same transaction. The text so far is no column of the message: rewriting a text for each piece of it
-- writes the square of its length (docs/decisions/streaming-answers.md).
create or replace function app_public.start_answer(
  conversation_id uuid,
  question text default null,
  parent_id uuid default null,
  replaces_id uuid default null,
  provider text default null,
  model text default null,
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
  draft app_public.messages;
  asked app_public.messages;
  answered app_public.messages;
  question_key text := 'turn:' || start_answer.idempotency_key || ':question';
  answer_key text := 'turn:' || start_answer.idempotency_key || ':answer';
begin
  conversation := app_private.lock_conversation(start_answer.conversation_id);
  if char_length(start_answer.idempotency_key) not between 1 and 180 then
    raise exception 'The idempotency key of a turn has 1 to 180 characters.' using errcode = 'CQ200', hint = 'A UUID will do.';
  end if;
  loop
    if start_answer.idempotency_key is not null then
      answered := app_private.message_of_key(conversation.id, answer_key);
      if answered.id is not null then
        asked := app_private.message_of_key(conversation.id, question_key);
        -- what became of the answer since is not compared
        if asked.content is distinct from start_answer.question or answered.replaces_id is distinct from start_answer.replaces_id then
          perform app_private.refuse_other_content();
        end if;
        if asked.id is not null then
          return next asked;
        end if;
        return next answered;
        return;
      end if;
    end if;
    -- another version of an answer is where the first one is, also in a conversation that is full
    exit when start_answer.replaces_id is not null;
    place := app_private.lock_continuation(conversation, case when start_answer.question is null then 1 else 2 end);
    exit when place.id = conversation.id;
    conversation := place;
  end loop;

  draft := app_private.draft_of_answer(conversation, start_answer.conversation_id, start_answer.parent_id, start_answer.replaces_id);
  if start_answer.question is not null then
    draft.role := 'user';
    draft.content := start_answer.question;
    draft.idempotency_key := question_key;
    asked := app_private.insert_message(conversation, draft, conversation.id <> start_answer.conversation_id);
    return next asked;
    -- the counters moved with the question
    select c.* into conversation from app_public.conversations c where c.id = asked.conversation_id;
    draft.parent_id := case when asked.parent_id is not null then asked.id end;
  end if;
  draft.role := 'assistant';
  draft.content := '';
  draft.idempotency_key := answer_key;
  draft.provider := start_answer.provider;
  draft.model := start_answer.model;
  draft.metadata := start_answer.metadata;
  return next app_private.begin_stream(conversation, draft);
end
$$;
comment on function app_public.start_answer(uuid, text, uuid, uuid, text, text, text, jsonb) is
  'Begins an answer whose text comes in pieces (appendToMessage) until finishMessage; with a question, that is posted first. Returns the question, if there is one, and the answer, which is STREAMING. replacesId makes it another version of that answer. A retry with the same idempotencyKey returns what the first one made. Errors: CQ101, CQ109, CQ200 unusable argument, CQ204 no such conversation or message, CQ221 your monthly quota is spent, CQ810 the key was used with another question.';
grant execute on function app_public.start_answer(uuid, text, uuid, uuid, text, text, text, jsonb) to colloquy_user, colloquy_admin;
