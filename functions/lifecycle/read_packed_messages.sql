-- Reads what is packed, without restoring it: who only reads must not write. Security definer, since the documents are closed
-- to everyone; so it decides by itself who may read, as the policy of messages does. A document that is damaged is not shown.
create or replace function app_hidden.read_packed_messages(
  conversation_id uuid, before uuid, first integer, after uuid default null, newest_first boolean default true
)
returns setof app_public.messages
language plpgsql
stable
parallel safe
security definer
rows 50
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(read_packed_messages.conversation_id);
begin
  if conversation.storage_tier <> 'hot' then
    return query execute 'select * from app_private.packed_messages($1, $2, $3, $4, $5)' using conversation, before, first, after, newest_first;
  end if;
end
$$;
comment on function app_hidden.read_packed_messages(uuid, uuid, integer, uuid, boolean) is 'Packed messages of a conversation that the caller may read, as app_private.packed_messages has them. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_messages(uuid, uuid, integer, uuid, boolean) to colloquy_visitor, colloquy_user, colloquy_admin;
