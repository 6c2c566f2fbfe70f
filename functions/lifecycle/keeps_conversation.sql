-- Whether a hold on one conversation, document or person keeps a conversation from being deleted. Wider than the triggers that keep, where it cannot
-- know: who wrote what in a packed one is asked of nobody, and which answer cites a passage of one that was cited neither.
create or replace function app_private.keeps_conversation(hold app_public.legal_holds, talk app_public.conversations)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case (hold).scope
    when 'conversation' then
      (hold).conversation_id = (talk).id
      or exists (
        select from app_public.conversations n
        where n.id = (hold).conversation_id and n.continued_from_id = (talk).id
      )
      or exists (select from app_hidden.cited_passages p where p.conversation_id = (talk).id)
    when 'person' then
      (hold).user_id = (talk).owner_id
      or exists (select from app_hidden.conversation_archives a where a.conversation_id = (talk).id)
      or exists (select from app_public.messages m where m.conversation_id = (talk).id and m.author_id = (hold).user_id)
      or exists (select from app_public.message_feedback f where f.conversation_id = (talk).id and f.user_id = (hold).user_id)
      or exists (select from app_public.tool_calls t where t.conversation_id = (talk).id and t.decided_by = (hold).user_id)
      or exists (select from app_public.generated_images g where g.conversation_id = (talk).id and g.owner_id = (hold).user_id)
      or exists (select from app_public.files f where f.conversation_id = (talk).id and f.owner_id = (hold).user_id)
      or exists (select from app_public.usage_logs u where u.conversation_id = (talk).id and u.user_id = (hold).user_id)
      or exists (select from app_hidden.cited_passages p where p.conversation_id = (talk).id)
      or exists (
        select from app_public.conversations n where n.workspace_id = (talk).workspace_id and n.owner_id = (hold).user_id and n.continued_from_id = (talk).id
      )
    else false
  end;
$$;
comment on function app_private.keeps_conversation(app_public.legal_holds, app_public.conversations) is 'Whether a hold on one conversation, document or person keeps a conversation.';
-- Deliberately not granted: app_private.due_conversations calls it.
