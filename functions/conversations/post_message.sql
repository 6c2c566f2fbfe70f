-- Writes one message. Sealed: messages is closed to direct writes, so that the sequence, the tenant and the owner are
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
  result app_public.messages;
  new_id uuid;
begin
  conversation := app_private.lock_conversation(post_message.conversation_id);

  if idempotency_key is not null then
    select m.* into result
    from app_hidden.message_idempotency_keys k
    join app_public.messages m on m.id = k.message_id
    where k.conversation_id = conversation.id and k.idempotency_key = post_message.idempotency_key;
    if result.id is not null then
      return result;
    end if;
  end if;

  if content is null or char_length(content) > 1000000 then
    raise exception 'A message has 0 to 1,000,000 characters; this one has %.', coalesce(char_length(content)::text, 'none')
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if parent_id is not null and not exists (
    select from app_public.messages m where m.id = post_message.parent_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'parentId must be a message of the same conversation.';
  end if;

  if post_message.id is null then
    new_id := app_private.next_message_id(coalesce(conversation.last_message_id, conversation.id));
  elsif uuid_extract_version(post_message.id) is distinct from 7
    or post_message.id < conversation.id
    or uuid_extract_timestamp(post_message.id) > clock_timestamp() + interval '5 minutes'
  then
    raise exception 'The id % cannot be used for a message of this conversation.', post_message.id using errcode = 'CQ200',
      hint = 'Leave it out, or send a UUID version 7 that is not older than the conversation and not in the future.';
  else
    new_id := post_message.id;
  end if;

  begin
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, parent_id, content, idempotency_key, provider, model,
      prompt_tokens, completion_tokens, total_tokens, cost_usd, processing_time_ms, parts, attachments, metadata
    )
    values (
      new_id, conversation.id, conversation.workspace_id, conversation.owner_id,
      case when post_message.role = 'user' then app_hidden.current_user_id() end,
      conversation.last_sequence_number + 1, coalesce(post_message.role, 'user'), post_message.parent_id, post_message.content,
      post_message.idempotency_key, post_message.provider, post_message.model, post_message.prompt_tokens, post_message.completion_tokens,
      coalesce(post_message.total_tokens, post_message.prompt_tokens + post_message.completion_tokens),
      post_message.cost_usd, post_message.processing_time_ms, post_message.parts, post_message.attachments, coalesce(post_message.metadata, '{}')
    )
    returning * into result;
  exception when unique_violation then
    -- the same words whether the id belongs to this caller or to somebody else
    raise exception 'The id % cannot be used for a message of this conversation.', new_id using errcode = 'CQ200', hint = 'Leave it out, or send another one.';
  end;

  if idempotency_key is not null then
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    values (conversation.workspace_id, conversation.id, post_message.idempotency_key, result.id);
  end if;
  return result;
end
$$;
comment on function app_public.post_message(uuid, text, app_public.message_role, uuid, uuid, text, text, text, integer, integer, integer, numeric, integer, jsonb, jsonb, jsonb) is
  'Adds a message to a conversation. A retry with the same idempotencyKey returns the first message. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such conversation or parent.';
grant execute on function app_public.post_message(uuid, text, app_public.message_role, uuid, uuid, text, text, text, integer, integer, integer, numeric, integer, jsonb, jsonb, jsonb)
  to colloquy_user, colloquy_admin;
