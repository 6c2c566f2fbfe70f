-- Writes another version of a message beside it: same parent, a branch of its own. Nothing that was said is changed. A
-- conversation that is full still takes it, since a branch cannot be in another conversation than its parent.
create or replace function app_public.edit_message(message_id uuid, content text)
returns app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  original app_public.messages;
  draft app_public.messages;
begin
  conversation := app_private.lock_conversation_of(edit_message.message_id);
  select m.* into original from app_public.messages m where m.id = edit_message.message_id;
  draft.parent_id := app_private.parent_of_version(original);
  draft.replaces_id := original.id;
  draft.role := original.role;
  draft.content := edit_message.content;
  draft.attachments := original.attachments;
  draft.metadata := original.metadata;
  return app_private.insert_message(conversation, draft);
end
$$;
comment on function app_public.edit_message(uuid, text) is
  'Writes another version of a message as a branch beside it, and continues there. Errors: CQ101, CQ109, CQ200 too long, CQ204 no such message.';
grant execute on function app_public.edit_message(uuid, text) to colloquy_user, colloquy_admin;
