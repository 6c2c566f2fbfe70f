-- A message as it will be in a locked conversation: checks what is wanted of it, and gives it its id, its number, its place and its
-- author. draft: a message of which id, role, status, parent_id, replaces_id, content, parts, attachments, provider, model, tokens, cost, time,
-- relevance, key and metadata are read.
create or replace function app_private.complete_draft(conversation app_public.conversations, draft app_public.messages, is_continued boolean default false)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
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
  -- another version of the first message has no parent either
  if draft.replaces_id is null or draft.parent_id is not null then
    draft.parent_id := coalesce(draft.parent_id, conversation.preferred_leaf_id);
  end if;
  draft.id := app_private.usable_message_id(conversation, draft.id, is_continued);
  draft.conversation_id := conversation.id;
  draft.workspace_id := conversation.workspace_id;
  draft.owner_id := conversation.owner_id;
  draft.role := coalesce(draft.role, 'user');
  draft.status := coalesce(draft.status, 'complete');
  draft.author_id := case draft.role when 'user' then app_hidden.current_user_id() end;
  draft.sequence_number := conversation.last_sequence_number + 1;
  draft.total_tokens := coalesce(draft.total_tokens, draft.prompt_tokens + draft.completion_tokens);
  draft.metadata := coalesce(draft.metadata, '{}');
  return draft;
end
$$;
comment on function app_private.complete_draft(app_public.conversations, app_public.messages, boolean) is
  'A message as it will be in a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent.';
-- Deliberately not granted: app_private.insert_message and app_private.add_turn call it.
