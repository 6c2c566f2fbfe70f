-- Brings back what archive_conversation packed, by the will of its owner, or of a manager of the workspace that it is shared
-- with. A private conversation of somebody else does not exist here, for a manager either.
create or replace function app_public.restore_conversation(conversation_id uuid)
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
  where c.id = restore_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  for no key update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner restores it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.unpack_conversation(conversation);
  -- one that is full stays put away: its continuation takes the messages
  if conversation.is_archived and not conversation.is_auto_archived then
    update app_public.conversations c set is_archived = false where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;
comment on function app_public.restore_conversation(uuid) is
  'Brings an archived conversation back, as it was. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 its archive is damaged.';
grant execute on function app_public.restore_conversation(uuid) to colloquy_user, colloquy_admin;
