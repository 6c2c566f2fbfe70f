-- Writes one message. Security definer: messages is closed to direct writes, so that the sequence, the tenant and the owner are
-- always right. The statement-level trigger of messages keeps the counters.
create or replace function app_public.post_message(
  conversation_id uuid,
  content text,
  role app_public.message_role default 'user',
  parent_id uuid default null,
  id uuid default null,
  idempotency_key text default null,
  provider text default null,
  model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  total_tokens integer default null,
  cost_usd numeric default null,
  processing_time_ms integer default null,
  parts jsonb default null,
  attachments jsonb default null,
  metadata jsonb default '{}'
)
returns app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  place app_public.conversations;
  draft app_public.messages;
  result app_public.messages;
begin
  conversation := app_private.lock_conversation(post_message.conversation_id);
  if post_message.parent_id is not null then
    select m.conversation_id into draft.conversation_id from app_public.messages m
    where m.id = post_message.parent_id and m.workspace_id = conversation.workspace_id;
  end if;

  draft.role := post_message.role;
  draft.content := post_message.content;
  draft.idempotency_key := post_message.idempotency_key;
  draft.provider := post_message.provider;
  draft.model := post_message.model;
  draft.prompt_tokens := post_message.prompt_tokens;
  draft.completion_tokens := post_message.completion_tokens;
  draft.total_tokens := post_message.total_tokens;
  draft.cost_usd := post_message.cost_usd;
  draft.processing_time_ms := post_message.processing_time_ms;
  draft.parts := post_message.parts;
  draft.attachments := post_message.attachments;
  draft.metadata := post_message.metadata;

  -- to the end of the chain of full conversations; what was written before with this key is somewhere on the way
  loop
    if post_message.idempotency_key is not null then
      result := app_private.message_of_key(conversation.id, post_message.idempotency_key);
      if result.id is not null then
        perform app_private.require_same_content(result, draft);
        return result;
      end if;
    end if;
    place := app_private.lock_continuation(conversation, 1, post_message.id);
    exit when place.id = conversation.id;
    conversation := place;
  end loop;

  draft.id := post_message.id;
  -- the parent of a continued conversation stays behind in the full one
  if draft.conversation_id is distinct from post_message.conversation_id or conversation.id = post_message.conversation_id then
    draft.parent_id := post_message.parent_id;
  end if;
  return app_private.insert_message(conversation, draft, conversation.id <> post_message.conversation_id);
end
$$;
comment on function app_public.post_message(uuid, text, app_public.message_role, uuid, uuid, text, text, text, integer, integer, integer, numeric, integer, jsonb, jsonb, jsonb) is
  'Adds a message to a conversation; one that is full is archived, and the message is in its continuation. A retry with the same idempotencyKey returns the first message. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such conversation or parent, CQ810 the key was used with another content.';
grant execute on function app_public.post_message(uuid, text, app_public.message_role, uuid, uuid, text, text, text, integer, integer, integer, numeric, integer, jsonb, jsonb, jsonb)
  to colloquy_user, colloquy_admin;
