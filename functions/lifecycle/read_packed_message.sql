-- One packed message. Security definer, since the documents are closed to everyone; so it decides by itself who may read, as
-- the policy of messages does. A document that is damaged is not shown.
create or replace function app_hidden.read_packed_message(message_id uuid)
returns setof app_public.messages
language plpgsql
stable
parallel safe
security definer
rows 1
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(app_private.packed_conversation_of(read_packed_message.message_id));
  piece app_hidden.conversation_archive_parts;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.first_id <= read_packed_message.message_id and p.last_id >= read_packed_message.message_id
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.id = $3', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, read_packed_message.message_id;
  end loop;
end
$$;
comment on function app_hidden.read_packed_message(uuid) is 'A packed message that the caller may read, from the one part that it is in. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_message(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
