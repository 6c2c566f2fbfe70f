-- Documents of packed conversations are closed to everyone, so who may read is decided here, as the policy of messages does.
create or replace function app_private.readable_conversation(conversation_id uuid)
returns app_public.conversations
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select c
  from app_public.conversations c
  where c.id = readable_conversation.conversation_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace');
$$;
comment on function app_private.readable_conversation(uuid) is 'A conversation that the caller may read, or null.';
