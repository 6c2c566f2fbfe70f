-- Whose conversation something belongs to, for a legal hold on a person.
create or replace function app_private.owner_of_conversation(conversation_id uuid)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select c.owner_id from app_public.conversations c where c.id = owner_of_conversation.conversation_id;
$$;
comment on function app_private.owner_of_conversation(uuid) is 'The owner of a conversation.';
-- Deliberately not granted: the triggers that keep what is held call it.
