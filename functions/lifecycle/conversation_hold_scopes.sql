-- Of the tables that hold_scope is about, those of conversations and of what is in them.
create or replace function app_private.conversation_hold_scopes()
returns table (name text, kinds text, conversations text, documents text, persons text, unless text)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select s.*
  from (
    values
      ('app_public.conversations', '''{conversations}''', 'array[r.id]', null, 'array[r.owner_id]', null),
      ('app_public.messages', '''{conversations}''', 'array[r.conversation_id]', null, 'array[r.owner_id, r.author_id]',
        'r.id in (select unnest(a.message_ids) from app_hidden.conversation_archives a where a.conversation_id in (select o.conversation_id from %rows% as o))'),
      ('app_public.message_feedback', '''{conversations}''', 'array[r.conversation_id]', null,
        'array[r.user_id, app_private.owner_of_conversation(r.conversation_id)]', null),
      ('app_public.message_chunks', '''{conversations}''', 'array[r.conversation_id]', null, 'array[app_private.owner_of_conversation(r.conversation_id)]',
        null),
      ('app_public.tool_calls', '''{conversations}''', 'array[r.conversation_id]', null,
        'array[r.decided_by, app_private.owner_of_conversation(r.conversation_id)]', null),
      ('app_public.generated_images', '''{conversations}''', 'array[r.conversation_id]', null,
        'array[r.owner_id, app_private.owner_of_conversation(r.conversation_id)]', null),
      ('app_hidden.conversation_archives', '''{conversations}''', 'array[r.conversation_id]', null,
        'array[app_private.owner_of_conversation(r.conversation_id)]',
        '(select count(*) from app_public.messages m where m.conversation_id = r.conversation_id and m.id = any (r.message_ids)) = r.message_count'),
      ('app_hidden.conversation_archive_parts', '''{conversations}''', 'array[r.conversation_id]', null,
        'array[app_private.owner_of_conversation(r.conversation_id)]', 'case when r.packed = ''app_public.messages''::regclass'
        ' then (select count(*) from app_public.messages m where m.conversation_id = r.conversation_id and m.id between r.first_id and r.last_id) = r.row_count'
        ' else not exists (select from app_hidden.conversation_archives a where a.conversation_id = r.conversation_id) end')
  ) as s (name, kinds, conversations, documents, persons, unless);
$$;
comment on function app_private.conversation_hold_scopes() is 'What hold_scope says of conversations and of what is in them, by table.';
-- Deliberately not granted: app_private.hold_scope calls it.
