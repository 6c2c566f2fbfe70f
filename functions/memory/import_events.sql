-- Stores the events of an export, hundreds at a time: what ingest_event does for one delivery. Every event has an externalId;
-- one that is known is not stored again, and brought up to date when the same person imported it before; one that retention has cleared
-- since comes back, unless a policy ends imported events. One that is refused does not spoil the others.
-- Keys are written in one order, so that two imports at once wait for each other and never stand in a circle.
-- events: [{source, eventType, externalId, payload, metadata, visibility}], at most 1,000. The id says when an event came in, as with
-- ingest_event; when it happened is in its metadata.
create or replace function app_public.import_events(events jsonb)
returns setof app_public.event_import_outcome
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  changed text[];
  cleared uuid[];
begin
  perform app_hidden.require_member(for_writing => true);
  if jsonb_typeof(events) is distinct from 'array' or jsonb_array_length(events) > 1000 then
    raise exception 'The events to import are an array of at most 1,000 objects.' using errcode = 'CQ200', column = 'events', hint = 'See docs/import.md for the format.';
  end if;
  changed := app_private.refresh_imported_events(workspace, caller, events);
  cleared := app_private.cleared_events(workspace, caller, events);
  return query
  with item as materialized (select t.* from app_private.told_events(events) as t),
  wanted as materialized (
    select distinct on (i.source, i.external_id) i.*, uuidv7() as id, own.key
    from item i
    cross join lateral (select app_private.event_key(i.external_id, 'private', caller) as key) as own
    where i.reason is null
      and not exists (
        select from app_hidden.raw_event_keys k
        where k.workspace_id = workspace and k.source = i.source and k.external_id = i.external_id and k.raw_event_id <> all (cleared)
      )
      and not exists (
        select from app_hidden.raw_event_keys k
        where k.workspace_id = workspace and k.source = i.source and k.external_id = own.key and k.raw_event_id <> all (cleared)
      )
    order by i.source, i.external_id, i.place
  ),
  known as (
    insert into app_hidden.raw_event_keys as k (workspace_id, source, external_id, raw_event_id)
    select workspace, w.source, case w.visibility when 'private' then w.key else w.external_id end, w.id
    from wanted w order by w.source, w.external_id
    -- only in the place of the one that was seen to be gone: another import may have brought it meanwhile
    on conflict on constraint raw_event_keys_pkey do update set raw_event_id = excluded.raw_event_id where k.raw_event_id = any (cleared)
    returning k.raw_event_id
  ),
  stored as (
    insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, external_id, payload, metadata, visibility)
    select w.id, workspace, caller, w.source, w.event_type, w.external_id, w.payload, w.metadata, w.visibility::app_public.visibility
    from wanted w
    join known k on k.raw_event_id = w.id
    returning id
  )
  -- of one that was there and is the caller's: which it is
  select
    i.external_id, coalesce(s.id, case when i.reason is null then app_private.own_event(workspace, caller, i.source, i.external_id) end),
    case
      when i.reason is not null then 'refused'
      when s.id is not null then 'added'
      when i.source || ' ' || i.external_id = any (changed) then 'updated'
      else 'unchanged'
    end,
    i.reason
  from item i
  left join wanted w on w.place = i.place
  left join stored s on s.id = w.id
  order by i.place;
end
$$;
comment on function app_public.import_events(jsonb) is
  'Stores events of another system by their externalId, and says for each what was done. Errors: CQ101 not signed in, CQ109 read-only, CQ200 malformed.';
grant execute on function app_public.import_events(jsonb) to colloquy_user, colloquy_admin;
