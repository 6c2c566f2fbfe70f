-- Conversation.unreadCount: what was added since the caller said markRead, whatever tier it lies in, without a look at messages. Runs
-- with the caller's rights.
create or replace function app_public.conversations_unread_count(conversation app_public.conversations)
returns integer
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select conversation.last_sequence_number - coalesce((
    select least(r.read_sequence_number, conversation.last_sequence_number)
    from app_public.conversation_reads r
    where r.conversation_id = conversation.id and r.user_id = (select app_hidden.current_user_id())
  ), 0);
$$;
comment on function app_public.conversations_unread_count(app_public.conversations) is
  'Messages that were added since you read it last (markRead); all of them when you never did.';
grant execute on function app_public.conversations_unread_count(app_public.conversations) to colloquy_visitor, colloquy_user, colloquy_admin;
