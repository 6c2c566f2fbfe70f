-- What a retried write returns. Called under the lock of the conversation, so that the first write is there or will not be.
create or replace function app_private.message_of_key(conversation_id uuid, key text)
returns app_public.messages
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select m
  from app_hidden.message_idempotency_keys k
  join app_public.messages m on m.id = k.message_id
  where k.conversation_id = message_of_key.conversation_id and k.idempotency_key = message_of_key.key;
$$;
comment on function app_private.message_of_key(uuid, text) is 'The message that an idempotency key made in a conversation, or null.';
