-- The events of an import as rows, each with the reason why it is refused.
create or replace function app_private.told_events(events jsonb)
returns table (
  place bigint, source text, event_type text, external_id text, payload jsonb, metadata jsonb, visibility text, reason text
)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select e.place, e.source, e.event_type, e.external_id, e.payload, e.metadata, e.visibility,
    case
      when coalesce(char_length(e.source), 0) not between 1 and 100 then 'source has 1 to 100 characters.'
      when coalesce(char_length(e.event_type), 0) not between 1 and 200 then 'eventType has 1 to 200 characters.'
      when coalesce(char_length(e.external_id), 0) not between 1 and 500 then 'externalId has 1 to 500 characters.'
      when e.payload is null or pg_column_size(e.payload) > 1048576 then 'An event has a payload of at most 1 MiB.'
      when e.visibility not in ('private', 'workspace') then 'visibility is private or workspace.'
      when jsonb_typeof(e.metadata) <> 'object' or pg_column_size(e.metadata) > 65536 then 'metadata is an object of at most 64 KiB.'
    end as reason
  from (
    select o.place, trim(o.item ->> 'source') as source, trim(o.item ->> 'eventType') as event_type, o.item ->> 'externalId' as external_id,
      o.item -> 'payload' as payload,
      -- by what an imported event is told from one that came by itself
      case jsonb_typeof(o.item -> 'metadata')
        when 'object' then '{"importer": "importEvents"}' || (o.item -> 'metadata')
        else coalesce(o.item -> 'metadata', '{"importer": "importEvents"}')
      end as metadata,
      coalesce(o.item ->> 'visibility', 'workspace') as visibility
    from jsonb_array_elements(events) with ordinality as o (item, place)
  ) as e;
$$;
comment on function app_private.told_events(jsonb) is 'The events of an import as rows; reason says why one is refused.';
-- Deliberately not granted: import_events calls it.
