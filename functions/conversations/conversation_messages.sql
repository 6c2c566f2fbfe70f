-- A page of a conversation, newest first, for those who speak SQL; GraphQL has Conversation.messages. Runs with the caller's rights.
create or replace function app_public.conversation_messages(conversation_id uuid, before uuid default null, first integer default 50)
returns setof app_public.messages
language sql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
as $$
  select p.*
  from app_hidden.message_page(
    conversation_messages.conversation_id, null, conversation_messages.before,
    least(greatest(coalesce(conversation_messages.first, 50), 0), 1000), true
  ) as p;
$$;
comment on function app_public.conversation_messages(uuid, uuid, integer) is
  'Messages of a conversation, newest first: at most "first" (50; at most 1,000) of those before the message "before". Nothing for a conversation that the caller may not read.';
grant execute on function app_public.conversation_messages(uuid, uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;
