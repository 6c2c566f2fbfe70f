-- Brings events that an earlier import of the same person brought up to date: what was edited since, and names that were not known then.
-- What came by itself, and what a legal hold keeps, stays as it is; so does who may read it. Returns the identifiers that changed.
create or replace function app_private.refresh_imported_events(workspace uuid, caller uuid, events jsonb)
returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  changed text[];
  sources text[];
  grown bigint;
begin
  if app_private.is_held(workspace, 'raw_events', of_person => caller) then
    return array[]::text[];
  end if;
  with newer as materialized (
    select distinct on (n.source, n.external_id) n.*
    from app_private.told_events(events) as n
    where n.reason is null and n.metadata ? 'importer'
    order by n.source, n.external_id, n.place
  ),
  known as (
    select distinct on (e.id) e.id, n.event_type, n.payload, n.metadata
    from newer n
    cross join lateral (select app_private.own_event(workspace, caller, n.source, n.external_id) as id offset 0) as own
    join app_public.raw_events e on e.id = own.id
    where e.metadata ->> 'importer' = n.metadata ->> 'importer'
      and (e.event_type, e.payload, e.metadata) is distinct from (n.event_type, n.payload, n.metadata)
    order by e.id
  ),
  refreshed as (
    update app_public.raw_events e
    set event_type = k.event_type, payload = k.payload, metadata = k.metadata, processing_status = 'pending', attempts = 0, retry_at = null,
      error = null
    from known k
    where e.id = k.id
    returning e.source, e.external_id, octet_length(new.payload::text) - octet_length(old.payload::text) as grown
  )
  select coalesce(array_agg(r.source || ' ' || r.external_id), '{}'), array_agg(distinct r.source), sum(r.grown)
  into changed, sources, grown
  from refreshed r;
  if sources is not null then
    perform app_private.count_storage(workspace, grown, 0);
    perform app_hidden.enqueue(
      'process-events', jsonb_build_object('workspaceId', workspace, 'source', s.name), workspace || ':' || s.name, workspace::text
    )
    from unnest(sources) as s (name);
  end if;
  return changed;
end
$$;
comment on function app_private.refresh_imported_events(uuid, uuid, jsonb) is 'Brings imported events of a caller up to date, and says which changed.';
-- Deliberately not granted: import_events calls it.
