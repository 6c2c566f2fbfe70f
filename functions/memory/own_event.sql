-- Looks keys up one by one, whole: a join over a batch took seconds while a first import had no statistics yet.
create or replace function app_private.own_event(workspace uuid, caller uuid, source text, external_id text)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select e.id
  from unnest(array[own_event.external_id, app_private.event_key(own_event.external_id, 'private', caller)]) as known (key)
  cross join lateral (
    select k.raw_event_id
    from app_hidden.raw_event_keys k
    where k.workspace_id = workspace and k.source = own_event.source and k.external_id = known.key
    offset 0
  ) as k
  join app_public.raw_events e on e.id = k.raw_event_id and e.workspace_id = workspace and e.owner_id = caller
  limit 1;
$$;
comment on function app_private.own_event(uuid, uuid, text, text) is 'The event of an identifier that a caller brought in; null when there is none.';
-- Deliberately not granted: import_events calls it.
