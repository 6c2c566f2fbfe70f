-- Stores what an event says in the place of what it said before, in one step. A passage whose text is the same stays, with its vector;
-- what answers cited keeps its text. Deliberately not granted: complete_event calls it, and has locked the event.
-- said: {passages: [{chunk_index, content, heading, start_offset, end_offset, token_count, language}], title, speaker, context, occurredAt,
-- importance}
create or replace function app_private.store_event_passages(event app_public.raw_events, said jsonb)
returns bytea
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := app_private.event_knowledge(event, said);
  details jsonb := jsonb_strip_nulls(jsonb_build_object('title', said ->> 'title'));
  weight real := coalesce((said ->> 'importance')::real, 0.5);
  happened timestamptz := (said ->> 'occurredAt')::timestamptz;
begin
  -- both texts in one order: two events that swap what they say do not wait for each other in a circle
  perform pg_advisory_xact_lock(hashtextextended(event.workspace_id::text || encode(h.hash, 'hex'), 7201345))
  from (select distinct x.hash from unnest(array[hash, event.knowledge_hash]) as x (hash) where x.hash is not null order by 1) as h;
  if event.knowledge_hash is not null and event.knowledge_hash is distinct from hash then
    perform app_private.leave_event_passages(event);
  end if;
  if exists (
    select from (
      select t.id from app_public.raw_events t where t.workspace_id = event.workspace_id and t.knowledge_hash = hash and t.id <> event.id offset 0
    ) as t
    cross join lateral (
      select from app_public.chunks c where c.workspace_id = event.workspace_id and c.raw_event_id = t.id offset 0
    ) as c
  ) then
    said := '{"passages": []}';
  end if;
  if event.knowledge_hash is not null then
    perform app_private.keep_event_passages(event, said, details, weight, happened);
  end if;
  insert into app_public.chunks (
    workspace_id, source_type, raw_event_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    lead_in, context_near, content_hash, text_search_language, is_language_recognized, occurred_at, metadata, importance_score
  )
  select
    event.workspace_id, 'event', event.id, event.owner_id, event.visibility, p.chunk_index, p.content, p.heading, p.start_offset, p.end_offset,
    p.token_count, p.lead_in, p.context_near, p.content_hash, p.text_search_language, p.is_language_recognized, happened, details, weight
  from app_private.event_passages(event, said) as p
  where not exists (
    select from app_public.chunks c where c.workspace_id = event.workspace_id and c.raw_event_id = event.id and c.chunk_index = p.chunk_index
  )
  order by p.chunk_index;
  return hash;
end
$$;
comment on function app_private.store_event_passages(app_public.raw_events, jsonb) is
  'Stores what a locked event says, in the place of what it said before, and returns its hash; null when it says nothing.';
