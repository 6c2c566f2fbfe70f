-- The message that a client knows by an id of its own: the newest version of it. Or by the id that it has here, when it was written otherwise.
create or replace function app_private.message_of_client(conversation_id uuid, client_id text)
returns app_public.messages
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages := app_private.message_of_key(message_of_client.conversation_id, 'client:' || message_of_client.client_id);
begin
  if result.id is null and message_of_client.client_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    select m.* into result
    from app_public.messages m
    where m.id = message_of_client.client_id::uuid and m.conversation_id = message_of_client.conversation_id;
  end if;
  return result;
end
$$;
comment on function app_private.message_of_client(uuid, text) is 'The message of a conversation that a client calls so, or null.';
-- Deliberately not granted: app_public.save_messages calls it.
