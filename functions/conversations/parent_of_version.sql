-- Below which message another version of a message goes: where the message itself is, or, when it is from before there were
-- branches, below the one before it.
create or replace function app_private.parent_of_version(original app_public.messages)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(original.parent_id, (
    select m.id
    from app_private.message_path(original.conversation_id, original.id) as p
    join app_public.messages m on m.id = p.id
    where m.id <> original.id
    order by m.sequence_number desc
    limit 1
  ));
$$;
comment on function app_private.parent_of_version(app_public.messages) is 'The parent of another version of a message; null for the first one of a conversation.';
