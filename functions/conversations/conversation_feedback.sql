-- One's own feedback in a conversation, whole, as the table of feedback shows it only in part. Security definer; so it decides
-- by itself who may read.
create or replace function app_public.conversation_feedback(conversation_id uuid)
returns setof app_public.message_feedback
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.*
  from app_private.readable_conversation(conversation_feedback.conversation_id) as c
  join app_public.message_feedback f on f.workspace_id = c.workspace_id and f.conversation_id = c.id
  where f.user_id = app_hidden.current_user_id()
  order by f.id;
$$;
comment on function app_public.conversation_feedback(uuid) is
  'Your feedback on the messages of a conversation, whatever tier they are in. Nothing for a conversation that you may not read.';
grant execute on function app_public.conversation_feedback(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
