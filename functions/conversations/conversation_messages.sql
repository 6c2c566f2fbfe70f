-- A page of a conversation, newest first. Runs with the caller's rights. Not sealed by a set clause, so that it is
-- inlined and the planner sees both bounds: a conversation's own id and its last message bound its messages, so only
-- the partitions that it lives in are touched. Every name in it is qualified or a parameter.
create or replace function app_public.conversation_messages(conversation_id uuid, before uuid default null, first integer default 50)
returns setof app_public.messages
language sql
stable
parallel safe
rows 50
as $$
  select m.*
  from app_public.messages m
  where m.conversation_id = conversation_messages.conversation_id
    and m.id operator(pg_catalog.>=) conversation_messages.conversation_id
    and m.id operator(pg_catalog.<=) (
      select c.last_message_id from app_public.conversations c where c.id operator(pg_catalog.=) conversation_messages.conversation_id
    )
    and m.id operator(pg_catalog.<) coalesce(conversation_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  order by m.id desc
  limit least(greatest(coalesce(conversation_messages.first, 50), 0), 1000);
$$;
comment on function app_public.conversation_messages(uuid, uuid, integer) is
  'Messages of a conversation, newest first: at most "first" (50; at most 1,000) of those before the message "before". Nothing for a conversation that the caller may not read.';
grant execute on function app_public.conversation_messages(uuid, uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;
