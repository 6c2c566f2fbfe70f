-- The one way a message gets into a locked conversation: checks the draft, numbers it, remembers its idempotency key, moves
-- the end of the preferred branch, and logs what it cost. It must never be called without the lock of the conversation.
-- draft: a message of which id, role, status, parent_id, replaces_id, content, parts, attachments, provider, model, tokens, cost,
-- time, relevance, key and metadata are read. is_continued: the draft was written to a conversation that is full.
create or replace function app_private.insert_message(
  conversation app_public.conversations, draft app_public.messages, is_continued boolean default false
)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages;
  is_new_root boolean := draft.replaces_id is not null and draft.parent_id is null;
  -- a total that is less than its parts lowers nothing
  used bigint := greatest(draft.total_tokens, coalesce(draft.prompt_tokens, 0)::bigint + coalesce(draft.completion_tokens, 0), 0);
begin
  if draft.content is null or char_length(draft.content) > 1000000 then
    raise exception 'A message has 0 to 1,000,000 characters; this one has %.', coalesce(char_length(draft.content)::text, 'none')
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if draft.parent_id is not null and not exists (
    select from app_public.messages m where m.id = draft.parent_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'parentId must be a message of the same conversation.';
  end if;
  if not is_new_root then
    draft.parent_id := coalesce(draft.parent_id, conversation.preferred_leaf_id);
  end if;

  draft.id := app_private.usable_message_id(conversation, draft.id, is_continued);

  begin
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, status, parent_id, replaces_id, content, idempotency_key,
      provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, processing_time_ms, relevance_score, parts, attachments, metadata
    )
    values (
      draft.id, conversation.id, conversation.workspace_id, conversation.owner_id,
      case when coalesce(draft.role, 'user') = 'user' then app_hidden.current_user_id() end,
      conversation.last_sequence_number + 1, coalesce(draft.role, 'user'), coalesce(draft.status, 'complete'), draft.parent_id, draft.replaces_id, draft.content,
      draft.idempotency_key, draft.provider, draft.model, draft.prompt_tokens, draft.completion_tokens,
      coalesce(draft.total_tokens, draft.prompt_tokens + draft.completion_tokens),
      draft.cost_usd, draft.processing_time_ms, draft.relevance_score, draft.parts, draft.attachments, coalesce(draft.metadata, '{}')
    )
    returning * into result;
  exception when unique_violation then
    -- the same words whether the id belongs to this caller or to somebody else
    raise exception 'The id % cannot be used for a message of this conversation.', draft.id using errcode = 'CQ200', column = 'id', hint = 'Leave it out, or send another one.';
  end;

  if result.idempotency_key is not null then
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    values (conversation.workspace_id, conversation.id, result.idempotency_key, result.id);
  end if;
  if result.parent_id is not null or is_new_root then
    update app_public.conversations c set preferred_leaf_id = result.id where c.id = conversation.id;
  end if;
  if used > 0 or result.cost_usd > 0 then
    perform app_private.require_quota();
    insert into app_public.usage_logs (
      workspace_id, user_id, conversation_id, message_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd
    )
    values (
      result.workspace_id, app_hidden.current_user_id(), result.conversation_id, result.id, 'message', result.provider, result.model,
      result.prompt_tokens, result.completion_tokens, used, coalesce(result.cost_usd, 0)
    );
  end if;
  return result;
end
$$;
comment on function app_private.insert_message(app_public.conversations, app_public.messages, boolean) is
  'Writes a message into a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent, CQ221 the caller''s monthly quota is spent.';
