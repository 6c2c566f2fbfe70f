-- Computes the figures of the days that changed, conversation by conversation (settle_conversation_analytics), for the job.
--
-- It never waits while it holds a conversation: first those that are free, many at once; then the ones that somebody is writing
-- to, one at a time. lock_timeout bounds that wait, and its 55P03 says who is stuck; the notes stay, so the next run finds them.
create or replace function app_hidden.compute_conversation_analytics(
  max_conversations integer default 200,
  since date default null,
  noted_until timestamptz default 'infinity'
)
returns table (conversations integer, days integer, changed integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
  batch uuid[];
begin
  if max_conversations is null or max_conversations not between 1 and 10000 then
    raise exception 'max_conversations is 1 to 10,000, not %.', max_conversations using errcode = 'CQ200', hint = 'Call it again until it returns nothing.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.compute_conversation_analytics', 0)) then
    return;
  end if;
  -- The locks first, in a statement of their own: the next one sees what was committed before them.
  select array_agg(free.id) into batch
  from (
    select c.id
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id in (select * from app_private.changed_conversations(compute_conversation_analytics.since, noted_until))
    order by c.id
    limit max_conversations
    for no key update skip locked
  ) as free;
  if batch is null then
    select array[c.id] into batch
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id in (select * from app_private.changed_conversations(compute_conversation_analytics.since, noted_until))
    -- one that is held for long does not stand before all others each time
    order by random()
    limit 1
    for no key update;
  end if;
  if batch is null then
    return;
  end if;
  return query
  select cardinality(batch), s.days, s.changed, s.removed
  from app_private.settle_conversation_analytics(batch, compute_conversation_analytics.since) as s;
end
$$;
comment on function app_hidden.compute_conversation_analytics(integer, date, timestamptz) is
  'Computes the days that changed, of some conversations in this transaction; returns what it did, and nothing when nothing is left, or another run is at it. since leaves older days for later, noted_until what changed later than that. Errors: CQ200; 55P03 when somebody keeps a conversation for ten seconds.';
grant execute on function app_hidden.compute_conversation_analytics(integer, date, timestamptz) to colloquy_worker;
