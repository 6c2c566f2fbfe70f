-- Stores the events of an export, hundreds at a time: what ingest_event does for one delivery. Every event has an externalId;
-- one that is known, even if retention has cleared it since, is not stored again. One that is refused does not spoil the others.
-- Keys are written in one order, so that two imports at once wait for each other and never stand in a circle.
-- events: [{source, eventType, externalId, payload, metadata}], at most 1,000. The id says when an event came in, as with
-- ingest_event; when it happened is in its payload.
create or replace function app_public.import_events(events jsonb)
returns setof app_public.event_import_outcome
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  perform app_hidden.require_member(for_writing => true);
  if jsonb_typeof(events) is distinct from 'array' or jsonb_array_length(events) > 1000 then
    raise exception 'The events to import are an array of at most 1,000 objects.' using errcode = 'CQ200', column = 'events', hint = 'See docs/import.md for the format.';
  end if;
  return query
  with item as materialized (
    select e.place, e.source, e.event_type, e.external_id, e.payload, e.metadata,
      case
        when coalesce(char_length(e.source), 0) not between 1 and 100 then 'source has 1 to 100 characters.'
        when coalesce(char_length(e.event_type), 0) not between 1 and 200 then 'eventType has 1 to 200 characters.'
        when coalesce(char_length(e.external_id), 0) not between 1 and 500 then 'externalId has 1 to 500 characters.'
        when e.payload is null or pg_column_size(e.payload) > 1048576 then 'An event has a payload of at most 1 MiB.'
        when jsonb_typeof(e.metadata) <> 'object' or pg_column_size(e.metadata) > 65536 then 'metadata is an object of at most 64 KiB.'
      end as reason
    from (
      select o.place, trim(o.item ->> 'source') as source, trim(o.item ->> 'eventType') as event_type, o.item ->> 'externalId' as external_id,
        o.item -> 'payload' as payload, coalesce(o.item -> 'metadata', '{}') as metadata
      from jsonb_array_elements(events) with ordinality as o (item, place)
    ) as e
  ),
  wanted as materialized (
    select distinct on (i.source, i.external_id) i.*, uuidv7() as id
    from item i
    where i.reason is null
    order by i.source, i.external_id, i.place
  ),
  known as (
    insert into app_hidden.raw_event_keys (workspace_id, source, external_id, raw_event_id)
    select workspace, w.source, w.external_id, w.id from wanted w order by w.source, w.external_id
    on conflict on constraint raw_event_keys_pkey do nothing
    returning raw_event_id
  ),
  stored as (
    insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, external_id, payload, metadata)
    select w.id, workspace, caller, w.source, w.event_type, w.external_id, w.payload, w.metadata
    from wanted w
    join known k on k.raw_event_id = w.id
    returning id
  )
  -- of one that was there and is the caller's: which it is
  select i.external_id, coalesce(s.id, e.id), case when i.reason is not null then 'refused' when s.id is null then 'unchanged' else 'added' end, i.reason
  from item i
  left join wanted w on w.place = i.place
  left join stored s on s.id = w.id
  left join app_hidden.raw_event_keys k
    on k.workspace_id = workspace and k.source = i.source and k.external_id = i.external_id and i.reason is null
  left join app_public.raw_events e on e.workspace_id = workspace and e.id = k.raw_event_id and e.owner_id = caller
  order by i.place;
end
$$;
comment on function app_public.import_events(jsonb) is
  'Stores events of another system by their externalId, and says for each what was done. Errors: CQ101 not signed in, CQ109 read-only, CQ200 malformed.';
grant execute on function app_public.import_events(jsonb) to colloquy_user, colloquy_admin;
