-- The conversation of a message, locked for writing. One error for a message that does not exist and one of somebody else.
create or replace function app_private.lock_conversation_of(message_id uuid)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if lock_conversation_of.message_id is null then
    raise exception 'messageId is missing.' using errcode = 'CQ200', hint = 'Say which message.';
  end if;
  return app_private.lock_conversation(coalesce(
    (
      select m.conversation_id
      from app_public.messages m
      where m.id = lock_conversation_of.message_id and m.workspace_id = app_hidden.current_workspace_id()
    ),
    app_private.packed_conversation_of(lock_conversation_of.message_id)
  ));
end
$$;
comment on function app_private.lock_conversation_of(uuid) is 'The conversation of a message, locked against other writers. Raises CQ101, CQ109, CQ200 none is named, CQ204.';
