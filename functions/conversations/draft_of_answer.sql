-- Where an answer that is begun goes: below a parent, beside the answer that it replaces, or to the end of the branch that is chosen.
create or replace function app_private.draft_of_answer(conversation app_public.conversations, asked_for uuid, parent_id uuid, replaces_id uuid)
returns app_public.messages
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  original app_public.messages;
  draft app_public.messages;
begin
  if draft_of_answer.replaces_id is not null then
    select m.* into original from app_public.messages m where m.id = draft_of_answer.replaces_id and m.conversation_id = conversation.id;
    if original.id is null then
      raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'replacesId must be an answer of the same conversation.';
    end if;
    if original.role <> 'assistant' then
      raise exception 'Only an answer can be regenerated; this message is of the role "%".', original.role using errcode = 'CQ200', hint = 'Use editMessage for a question.';
    end if;
    draft.parent_id := app_private.parent_of_version(original);
    draft.replaces_id := original.id;
    return draft;
  end if;
  -- the parent of a continued conversation stays behind in the full one
  if draft_of_answer.parent_id is not null and conversation.id <> asked_for and exists (
    select from app_public.messages m where m.id = draft_of_answer.parent_id and m.conversation_id = asked_for and m.workspace_id = conversation.workspace_id
  ) then
    return draft;
  end if;
  draft.parent_id := draft_of_answer.parent_id;
  return draft;
end
$$;
comment on function app_private.draft_of_answer(app_public.conversations, uuid, uuid, uuid) is
  'A draft with the place of an answer in a locked conversation. Raises CQ200 the replaced message is no answer, CQ204 there is none.';
-- Deliberately not granted: app_public.start_answer and app_public.regenerate_answer call it.
