-- Adds one message of a list below another one: a new one, or, where the client had one of that id, another version of it, which the id
-- leads to from now on. shown_id: the message that was shown in its place, which it replaces.
create or replace function app_private.save_message(
  conversation app_public.conversations, stored app_public.messages, said app_public.message_to_save, parent_id uuid, shown_id uuid
)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  draft app_public.messages;
begin
  draft.idempotency_key := 'client:' || said.client_id;
  delete from app_hidden.message_idempotency_keys k where k.conversation_id = conversation.id and k.idempotency_key = draft.idempotency_key;
  draft.parent_id := save_message.parent_id;
  draft.replaces_id := case
    when stored.id is not null and app_private.parent_of_version(stored) is not distinct from save_message.parent_id then stored.id
    -- another answer to the same question, or another beginning
    else save_message.shown_id
  end;
  draft.role := said.role;
  draft.content := coalesce(said.content, app_private.text_of_parts(said.parts));
  draft.parts := said.parts;
  draft.attachments := said.attachments;
  draft.metadata := said.metadata;
  draft.provider := said.provider;
  draft.model := said.model;
  -- a copy on another branch was paid for once
  if not coalesce(app_private.is_as_saved(stored, said), false) then
    draft.prompt_tokens := said.prompt_tokens;
    draft.completion_tokens := said.completion_tokens;
    draft.cost_usd := said.cost_usd;
    draft.total_tokens := app_private.tokens_together(said.prompt_tokens, said.completion_tokens);
  end if;
  return app_private.insert_message(conversation, draft);
end
$$;
comment on function app_private.save_message(app_public.conversations, app_public.messages, app_public.message_to_save, uuid, uuid) is
  'Writes a message that a client keeps into a locked conversation, below another one. Raises what insert_message raises.';
-- Deliberately not granted: app_public.save_messages calls it.
