-- What the client called a message that saveMessages wrote; several versions of one have the same. It lies in the idempotency key, which
-- goes along when a conversation is packed.
create or replace function app_public.messages_client_id(message app_public.messages)
returns text
language sql
stable
parallel safe
as $$
  select case when starts_with(message.idempotency_key, 'client:') then substr(message.idempotency_key, 8) end;
$$;
comment on function app_public.messages_client_id(app_public.messages) is 'What the client that saved it calls it (saveMessages); null for one that was written otherwise.';
grant execute on function app_public.messages_client_id(app_public.messages) to colloquy_visitor, colloquy_user, colloquy_admin;
