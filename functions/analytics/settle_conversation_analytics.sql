-- Computes the figures of the days that changed, from the live rows, and nothing else. A day is a UTC day, and a message
-- belongs to the day of its id; feedback counts on the day of its message. Must never touch a conversation whose messages
-- are packed away: what is missing there was not deleted.
--
-- For callers that hold the rows of the conversations locked and see what their last writers committed. Whoever packs a
-- conversation away calls it first, while the messages are still there.
create or replace function app_private.settle_conversation_analytics(conversation_ids uuid[], since date default null)
returns table (days integer, changed integer, removed integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  taken app_private.analytics_day[];
begin
  with gone as (
    delete from app_hidden.analytics_changes p
    using app_public.conversations c
    where c.id = any (settle_conversation_analytics.conversation_ids) and c.storage_tier = 'hot'
      and p.workspace_id = c.workspace_id and p.conversation_id = c.id and (settle_conversation_analytics.since is null or p.day >= settle_conversation_analytics.since)
    returning p.workspace_id, p.conversation_id, p.day, coalesce(
      c.rag_configuration_id, (select r.id from app_public.rag_configurations r where r.workspace_id = c.workspace_id and r.is_default)
    ) as rag_configuration_id
  )
  select array_agg(
    row(
      g.workspace_id, g.conversation_id, g.day, g.rag_configuration_id, app_hidden.uuidv7_floor(g.day::timestamp at time zone 'UTC'),
      app_hidden.uuidv7_floor((g.day + 1)::timestamp at time zone 'UTC')
    )::app_private.analytics_day
  )
  into taken
  from gone g;
  -- most often there is nothing: what follows is planned anew each time, 10 ms
  if taken is null then
    return query select 0, 0, 0;
    return;
  end if;
  perform app_private.store_user_activity(taken);
  return query select cardinality(taken), f.changed, f.removed from app_private.store_conversation_figures(taken) as f;
end
$$;
comment on function app_private.settle_conversation_analytics(uuid[], date) is
  'Computes what changed of locked conversations that are not packed away: days taken, rows written, rows removed because no message is left.';
