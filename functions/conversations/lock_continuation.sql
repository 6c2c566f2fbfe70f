-- Where the next messages of a locked conversation go: into itself while there is room, otherwise into its continuation,
-- which the first writer makes while it holds the lock of the full one. It must never make a second one: the unique index
-- on continued_from_id would refuse it.
create or replace function app_private.lock_continuation(conversation app_public.conversations, needed integer, first_id uuid default null)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  next_id uuid;
  result app_public.conversations;
begin
  if conversation.is_auto_archived then
    select c.id into next_id
    from app_public.conversations c
    where c.workspace_id = conversation.workspace_id and c.continued_from_id = conversation.id;
    if next_id is not null then
      return app_private.lock_conversation(next_id);
    end if;
  end if;
  if conversation.message_count = 0 or conversation.message_count + needed <= conversation.max_messages then
    return conversation;
  end if;

  update app_public.conversations c set is_archived = true, is_auto_archived = true where c.id = conversation.id;
  insert into app_public.conversations (
    id, workspace_id, owner_id, visibility, title, channel, model_provider, model_name, temperature, max_tokens, system_prompt,
    rag_configuration_id, enable_document_chat, enable_image_generation, enable_web_search, max_messages, continued_from_id,
    is_temporary, expires_at, pinned_at, metadata
  )
  values (
    case
      when first_id is null then app_private.next_message_id(conversation.last_message_id)
      -- an id that the client made must not be older than its conversation
      else app_hidden.uuidv7_at(uuid_extract_timestamp(conversation.last_message_id) + interval '1 millisecond')
    end,
    conversation.workspace_id, conversation.owner_id, conversation.visibility, conversation.title, conversation.channel,
    conversation.model_provider, conversation.model_name, conversation.temperature, conversation.max_tokens, conversation.system_prompt,
    conversation.rag_configuration_id, conversation.enable_document_chat, conversation.enable_image_generation,
    conversation.enable_web_search, conversation.max_messages, conversation.id,
    conversation.is_temporary, conversation.expires_at, conversation.pinned_at, conversation.metadata
  )
  returning * into result;
  return result;
end
$$;
comment on function app_private.lock_continuation(app_public.conversations, integer, uuid) is
  'The conversation itself while it has room for the messages, otherwise its continuation, locked; made when there is none.';
