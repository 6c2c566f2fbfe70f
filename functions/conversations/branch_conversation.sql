-- A new conversation of the caller that begins with what leads to one message. The copies carry no tokens and no cost: they
-- were paid for once. Where each comes from is in its metadata.
create or replace function app_public.branch_conversation(message_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  source app_public.conversations;
  path_length integer;
  result app_public.conversations;
begin
  source := app_private.lock_conversation_of(branch_conversation.message_id);
  select count(*) into path_length from app_private.message_path(source.id, branch_conversation.message_id);
  perform app_private.refuse_streaming(source, branch_conversation.message_id);
  insert into app_public.conversations (
    workspace_id, owner_id, title, channel, model_provider, model_name, temperature, max_tokens, system_prompt, rag_configuration_id,
    enable_document_chat, enable_image_generation, enable_web_search, max_messages, is_temporary, expires_at, metadata, branched_from_message_id
  )
  values (
    source.workspace_id, app_hidden.current_user_id(), source.title, source.channel, source.model_provider, source.model_name,
    source.temperature, source.max_tokens, source.system_prompt, source.rag_configuration_id, source.enable_document_chat,
    source.enable_image_generation, source.enable_web_search,
    -- what was copied does not use up the room for what comes now
    1000 + path_length, source.is_temporary, source.expires_at, source.metadata, branch_conversation.message_id
  )
  returning * into result;

  insert into app_public.messages (
    id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, status, content, parts, parts_format, attachments,
    provider, model, metadata
  )
  select
    uuidv7(), result.id, result.workspace_id, result.owner_id, copied.author_id, copied.number, copied.role, copied.status, copied.content,
    copied.parts, copied.parts_format, copied.attachments, copied.provider, copied.model,
    copied.metadata || jsonb_build_object('copiedFrom', copied.id)
  from (
    select m.*, row_number() over (order by m.sequence_number) as number
    from app_private.message_path(source.id, branch_conversation.message_id) as p
    join app_public.messages m on m.id = p.id
    order by m.sequence_number
  ) as copied;

  select c.* into result from app_public.conversations c where c.id = result.id;
  return result;
end
$$;
comment on function app_public.branch_conversation(uuid) is
  'Starts a conversation of your own that continues after a message, with a copy of what leads to it. Errors: CQ101, CQ109, CQ204 no such message, CQ814 an answer before it is still being written.';
grant execute on function app_public.branch_conversation(uuid) to colloquy_user, colloquy_admin;
