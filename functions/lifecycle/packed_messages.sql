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

create or replace function app_hidden.read_packed_question(answer_id uuid)
returns app_public.messages
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  answer app_public.messages;
  conversation app_public.conversations;
  question app_public.messages;
begin
  execute 'select m.* from app_hidden.read_packed_message($1) as m' into answer using answer_id;
  if answer.parent_id is not null then
    execute $query$select m.* from app_hidden.read_packed_message($1) as m where m.role = 'user' and m.conversation_id = $2$query$
    into question using answer.parent_id, answer.conversation_id;
    return question;
  end if;
  conversation := app_private.readable_conversation(answer.conversation_id);
  -- part by part, from the answer back
  loop
    execute $query$
      select m.* from app_private.packed_messages($1, $2, 50) as m where m.role = 'user' and m.sequence_number < $3 order by m.sequence_number desc limit 1
    $query$
    into question using conversation, answer_id, answer.sequence_number;
    exit when question.id is not null;
    execute 'select m.id from app_private.packed_messages($1, $2, 50) as m order by m.id limit 1' into answer_id using conversation, answer_id;
    exit when answer_id is null;
  end loop;
  return question;
end
$$;
comment on function app_hidden.read_packed_question(uuid) is 'The question that a packed message answers, when the caller may read it: its parent, or the last one before it. Null otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_question(uuid) to colloquy_user, colloquy_admin;
