-- Puts events down to be processed again, for replay_events and for the operator. What was learned from them before stays until
-- complete_event replaces it. Those that are waiting or at work are left as they are, so asking twice is asking once.
create or replace function app_hidden.request_replay(
  for_workspace uuid,
  of_source text default null,
  ids uuid[] default null,
  ingested_from timestamptz default null,
  ingested_to timestamptz default null,
  after_id uuid default null,
  max_events integer default 1000
)
returns app_public.event_replay
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  -- the first id of a moment
  lowest uuid := app_hidden.uuidv7_floor(ingested_from);
  highest uuid := app_hidden.uuidv7_floor(ingested_to);
  last_id uuid;
  sources text[];
  result app_public.event_replay;
begin
  perform app_private.require_batch(max_events);
  if cardinality(ids) > 1000 then
    raise exception 'At most 1,000 events can be named.' using errcode = 'CQ200', column = 'ids', hint = 'Name a source and a time instead, or call again with the rest.';
  end if;
  with chosen as (
    select e.id
    from app_public.raw_events e
    where e.workspace_id = for_workspace and e.processing_status in ('completed', 'failed')
      and (of_source is null or e.source = of_source) and (request_replay.ids is null or e.id = any (request_replay.ids))
      and (lowest is null or e.id >= lowest) and (highest is null or e.id < highest) and (after_id is null or e.id > after_id)
    order by e.id
    limit max_events
    for no key update
  ),
  again as (
    update app_public.raw_events e
    set processing_status = 'pending', attempts = 0, retry_at = null, error = null, replay_requested_at = clock_timestamp()
    from chosen c
    where e.id = c.id
    returning e.id, e.source
  )
  select count(*), max(a.id::text)::uuid, array_agg(distinct a.source) into result.events, last_id, sources from again a;
  perform app_hidden.enqueue(
    'process-events', jsonb_build_object('workspaceId', for_workspace, 'source', s.name), for_workspace || ':' || s.name, for_workspace::text
  )
  from unnest(sources) as s (name);
  result.last_id := case when result.events = max_events then last_id end;
  select count(*) into result.waiting
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.processing_status in ('pending', 'processing') and e.replay_requested_at is not null;
  return result;
end
$$;
comment on function app_hidden.request_replay(uuid, text, uuid[], timestamptz, timestamptz, uuid, integer) is
  'Has events that were processed, or failed, processed again: of a source, of a time, or by their ids, at most max_events of those after after_id. For the operator.';
grant execute on function app_hidden.request_replay(uuid, text, uuid[], timestamptz, timestamptz, uuid, integer) to colloquy_worker;
