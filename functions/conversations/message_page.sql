-- A page of a conversation, from either end, whatever tier it is in: what Conversation.messages of the API reads, so that a page
-- costs what its messages cost and not what the conversation does. Runs with the caller's rights.
--
-- A conversation's own id and its last message bound its messages, so only the partitions that it lives in are touched.
-- Both bounds are read first, and handed over as values to one plan that is kept: it leaves out the other partitions before
-- it starts. Bounds from a subquery of the same statement would start every partition; planning anew for each page took
-- two thirds of it (npm run bench -- page). Nothing in the plan depends on the tenant: there is one index to go by, and
-- it has the order. A planner that may sort takes a conversation for a few rows, and reads and sorts all of it: at 4,000
-- messages 134 pages of memory where 20 messages need 12.
create or replace function app_hidden.message_page(conversation_id uuid, after uuid, before uuid, size integer, newest_first boolean)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_sort = off
as $$
declare
  oldest uuid := coalesce(message_page.after, '00000000-0000-0000-0000-000000000000');
  newest uuid := coalesce(message_page.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  last_id uuid;
  tier app_public.storage_tier;
begin
  select c.last_message_id, c.storage_tier into last_id, tier
  from app_public.conversations c
  where c.id = message_page.conversation_id;
  if tier <> 'hot' then
    -- by text: a plan that a session keeps does not learn of a column that a migration adds
    return query execute 'select * from app_hidden.read_packed_messages($1, $2, $3, $4, $5)'
    using message_page.conversation_id, message_page.before, size, message_page.after, newest_first;
  elsif newest_first then
    return query
    select m.*
    from app_public.messages m
    where m.conversation_id = message_page.conversation_id
      and m.id >= message_page.conversation_id and m.id <= last_id and m.id > oldest and m.id < newest
    order by m.id desc
    limit size;
  else
    return query
    select m.*
    from app_public.messages m
    where m.conversation_id = message_page.conversation_id
      and m.id >= message_page.conversation_id and m.id <= last_id and m.id > oldest and m.id < newest
    order by m.id
    limit size;
  end if;
end
$$;
comment on function app_hidden.message_page(uuid, uuid, uuid, integer, boolean) is
  'Messages of a conversation that the caller may read, in order of their ids, or newest first: at most "size" of those after the message "after" and before the message "before". Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.message_page(uuid, uuid, uuid, integer, boolean) to colloquy_visitor, colloquy_user, colloquy_admin;
