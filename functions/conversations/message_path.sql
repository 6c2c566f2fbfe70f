-- The messages that lead to one: its parents, and, above the first of them, the messages from before there were branches,
-- which have no parent and follow one another. Never another branch, and nothing later.
create or replace function app_private.message_path(conversation_id uuid, leaf_id uuid)
returns table (id uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive explicit as (
    select m.id, m.parent_id, m.replaces_id, m.sequence_number
    from app_public.messages m
    where m.conversation_id = message_path.conversation_id and m.id = message_path.leaf_id
    union all
    select m.id, m.parent_id, m.replaces_id, m.sequence_number
    from explicit e
    join app_public.messages m on m.conversation_id = message_path.conversation_id and m.id = e.parent_id
  )
  select e.id from explicit e
  union all
  select m.id
  from explicit e
  join app_public.messages m on m.conversation_id = message_path.conversation_id and m.sequence_number < e.sequence_number
  where e.parent_id is null and e.replaces_id is null
    and m.parent_id is null and m.replaces_id is null and m.id >= message_path.conversation_id and m.id < message_path.leaf_id;
$$;
comment on function app_private.message_path(uuid, uuid) is 'The messages of a conversation that lead to one, that one included, in no order.';
