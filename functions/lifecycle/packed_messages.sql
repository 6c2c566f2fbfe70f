-- Reads what is packed, without restoring it: who only reads must not write. Sealed, since the documents are closed to everyone;
-- so it decides by itself who may read, as the policy of messages does. A document that is damaged is not shown.
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

create or replace function app_private.packed_messages(
  conversation app_public.conversations, before uuid, first integer, after uuid default null, newest_first boolean default true
)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  piece app_hidden.conversation_archive_parts;
  missing integer := first;
  read integer;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.last_id > coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid)
      and p.first_id < coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    order by case when newest_first then -p.part else p.part end
  loop
    perform app_private.check_part(piece);
    return query execute format(
      'select * from (%s) as t where t.id > $3 and t.id < $4 order by t.id %s limit $5',
      app_private.unpack_query(piece.packed, piece.columns), case when newest_first then 'desc' else 'asc' end
    )
    using piece.document, conversation.owner_id, coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid),
      coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid), missing;
    get diagnostics read = row_count;
    missing := missing - read;
    exit when missing <= 0;
  end loop;
end
$$;
comment on function app_private.packed_messages(app_public.conversations, uuid, integer, uuid, boolean) is 'Packed messages of a conversation, newest first, or from the oldest: at most "first" (null: all) of those before the message "before" and after the message "after". Opens only the parts that they lie in. Raises CQ260.';

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

create or replace function app_public.conversation_feedback(conversation_id uuid)
returns setof app_public.message_feedback
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set timezone = 'UTC'
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(conversation_feedback.conversation_id);
  piece app_hidden.conversation_archive_parts;
begin
  if conversation.storage_tier = 'hot' then
    return query
    select f.* from app_public.message_feedback f
    where f.workspace_id = conversation.workspace_id and f.conversation_id = conversation.id and f.user_id = app_hidden.current_user_id()
    order by f.id;
    return;
  end if;
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.message_feedback'::regclass
    order by p.part
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.user_id = $3 order by t.id', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, app_hidden.current_user_id();
  end loop;
end
$$;
comment on function app_public.conversation_feedback(uuid) is
  'Your feedback on the messages of a conversation, whatever tier they are in. Nothing for a conversation that you may not read. Errors: CQ260 the archive is damaged.';
grant execute on function app_public.conversation_feedback(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_public.conversation_citations(conversation_id uuid)
returns setof app_public.message_chunks
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(conversation_citations.conversation_id);
  piece app_hidden.conversation_archive_parts;
begin
  if conversation.storage_tier = 'hot' then
    return query
    select k.* from app_public.message_chunks k
    where k.workspace_id = conversation.workspace_id and k.conversation_id = conversation.id
    order by k.message_id, k.rank;
    return;
  end if;
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.message_chunks'::regclass
    order by p.part
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t order by t.message_id, t.rank', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id;
  end loop;
end
$$;
comment on function app_public.conversation_citations(uuid) is
  'The chunks that the answers of a conversation used, whatever tier they are in. Nothing for a conversation that you may not read. Errors: CQ260 the archive is damaged.';
grant execute on function app_public.conversation_citations(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
