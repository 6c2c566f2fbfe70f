-- A page of a conversation, newest first, whatever tier it is in. Runs with the caller's rights.
--
-- A conversation's own id and its last message bound its messages, so only the partitions that it lives in are touched.
-- Both bounds are read first, and handed over as values to one plan that is kept: it leaves out the other partitions before
-- it starts. Bounds from a subquery of the same statement would start every partition; planning anew for each page took
-- two thirds of it (npm run bench -- page). Nothing in the plan depends on the tenant: there is one index to go by.
create or replace function app_public.conversation_messages(conversation_id uuid, before uuid default null, first integer default 50)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  newest uuid;
  tier app_public.storage_tier;
begin
  select c.last_message_id, c.storage_tier into newest, tier
  from app_public.conversations c
  where c.id = conversation_messages.conversation_id;
  if tier <> 'hot' then
    -- by text: a plan that a session keeps does not learn of a column that a migration adds
    return query execute 'select * from app_hidden.read_packed_messages($1, $2, $3)'
    using conversation_messages.conversation_id, conversation_messages.before, least(greatest(coalesce(conversation_messages.first, 50), 0), 1000);
    return;
  end if;
  return query
  select m.*
  from app_public.messages m
  where m.conversation_id = conversation_messages.conversation_id
    and m.id >= conversation_messages.conversation_id
    and m.id <= newest
    and m.id < coalesce(conversation_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  order by m.id desc
  limit least(greatest(coalesce(conversation_messages.first, 50), 0), 1000);
end
$$;
comment on function app_public.conversation_messages(uuid, uuid, integer) is
  'Messages of a conversation, newest first: at most "first" (50; at most 1,000) of those before the message "before". Nothing for a conversation that the caller may not read.';
grant execute on function app_public.conversation_messages(uuid, uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;
