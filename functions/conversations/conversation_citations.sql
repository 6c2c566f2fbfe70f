-- Security definer, as conversation_feedback is; so it decides by itself who may read.
create or replace function app_public.conversation_citations(conversation_id uuid)
returns setof app_public.message_chunks
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select k.*
  from app_private.readable_conversation(conversation_citations.conversation_id) as c
  join app_public.message_chunks k on k.workspace_id = c.workspace_id and k.conversation_id = c.id
  order by k.message_id, k.rank;
$$;
comment on function app_public.conversation_citations(uuid) is
  'The chunks that the answers of a conversation used, whatever tier they are in. Nothing for a conversation that you may not read.';
grant execute on function app_public.conversation_citations(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
