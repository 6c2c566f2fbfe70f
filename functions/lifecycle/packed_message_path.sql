-- What message_path is for rows: the packed messages that lead to one, that one included, whole. Each part is read once.
create or replace function app_private.packed_message_path(conversation app_public.conversations, leaf_id uuid)
returns setof app_public.messages
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive messages as materialized (
    select m.* from app_private.packed_messages(conversation, null, null) as m where m.id <= leaf_id
  ),
  explicit as (
    select m.id, m.parent_id, m.replaces_id, m.sequence_number from messages m where m.id = leaf_id
    union all
    select m.id, m.parent_id, m.replaces_id, m.sequence_number from explicit e join messages m on m.id = e.parent_id
  )
  select m.* from explicit e join messages m on m.id = e.id
  union all
  select m.*
  from explicit e
  join messages m on m.sequence_number < e.sequence_number
  where e.parent_id is null and e.replaces_id is null and m.parent_id is null and m.replaces_id is null;
$$;
comment on function app_private.packed_message_path(app_public.conversations, uuid) is 'The packed messages of a conversation that lead to one, that one included, in no order. Raises CQ260.';
