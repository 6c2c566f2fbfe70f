-- Packs one conversation now, by the will of its owner, or of a manager of the workspace that it is shared with. A private
-- conversation of somebody else does not exist here, for a manager either.
create or replace function app_public.archive_conversation(conversation_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into conversation
  from app_public.conversations c
  where c.id = archive_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  -- against everyone who writes something that belongs to it
  for update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner archives it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.pack_conversation(conversation);
  if not conversation.is_archived then
    update app_public.conversations c set is_archived = true where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;
comment on function app_public.archive_conversation(uuid) is
  'Puts a conversation away and packs its messages; it remains readable and searchable, and the next message brings it back. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 it could not be packed, CQ261 still being indexed, CQ814 an answer is being written in it.';
grant execute on function app_public.archive_conversation(uuid) to colloquy_user, colloquy_admin;
