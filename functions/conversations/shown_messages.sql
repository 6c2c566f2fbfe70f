-- The messages of the branch of a conversation that is shown, in their order.
create or replace function app_private.shown_messages(conversation app_public.conversations)
returns uuid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array(
    select m.id
    from app_private.message_path(conversation.id, coalesce(conversation.preferred_leaf_id, conversation.last_message_id)) as p
    join app_public.messages m on m.id = p.id
    order by m.sequence_number
  );
$$;
comment on function app_private.shown_messages(app_public.conversations) is 'The ids of the messages that lead to the end of the branch that is chosen, the first one first.';
-- Deliberately not granted: app_public.save_messages calls it.
