-- As with files, a claim counts the attempt, and its number is what a worker shows afterwards. Only the worker may call it.
-- root: what the event answers, as its metadata name it (thread: an externalId of the same source). It is handed over only when whoever
-- reads the one reads the other too.
create or replace function app_hidden.claim_events(
  for_workspace uuid,
  for_source text,
  max_events integer default 20,
  lease interval default '10 minutes',
  max_attempts integer default 5
)
returns table (event_id uuid, attempt integer, event_type text, payload jsonb, metadata jsonb, root jsonb, is_known boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.raw_events e
  set processing_status = 'failed', retry_at = null, processed_at = clock_timestamp(),
    error = format('Processing was begun %s times and never ended. (CQ328)', e.attempts)
  where e.workspace_id = for_workspace and e.source = for_source and e.processing_status = 'processing'
    and coalesce(e.retry_at, '-infinity') <= clock_timestamp() and e.attempts >= max_attempts;
  return query
  with next as (
    select e.id
    from app_public.raw_events e
    where e.workspace_id = for_workspace and e.source = for_source and e.processing_status in ('pending', 'processing')
      and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
    -- what failed before waits for what is new, and so does what is processed again
    order by e.replay_requested_at is not null, e.attempts, e.id
    limit max_events
    for update skip locked
  ),
  claimed as (
    update app_public.raw_events e
    set processing_status = 'processing', attempts = e.attempts + 1, retry_at = clock_timestamp() + lease
    from next n
    where e.id = n.id
    returning e.*
  )
  select
    c.id, c.attempts, c.event_type, c.payload, c.metadata,
    case when c.metadata ? 'thread' then (
      select jsonb_build_object('source', r.source, 'eventType', r.event_type, 'payload', r.payload, 'metadata', r.metadata)
      from unnest(array[
        app_private.event_key(c.metadata ->> 'thread', 'workspace', c.owner_id),
        case c.visibility when 'private' then app_private.event_key(c.metadata ->> 'thread', 'private', c.owner_id) end
      ]) as thread (key)
      cross join lateral (
        select k.raw_event_id from app_hidden.raw_event_keys k
        where k.workspace_id = for_workspace and k.source = for_source and k.external_id = thread.key
        offset 0
      ) as k
      join app_public.raw_events r on r.id = k.raw_event_id and r.workspace_id = for_workspace and r.id <> c.id
      where r.visibility = 'workspace' or c.visibility = 'private' and r.owner_id = c.owner_id
      order by r.visibility
      limit 1
    ) end,
    c.knowledge_hash is not null
  from claimed c;
end
$$;
comment on function app_hidden.claim_events(uuid, text, integer, interval, integer) is
  'Takes the next events of a source, and counts the attempt. An event that was begun too often fails here.';
grant execute on function app_hidden.claim_events(uuid, text, integer, interval, integer) to colloquy_worker;
