-- What an import may bring back: events that are known and gone since, where nothing ends imported ones. Where a policy does, what it
-- ended does not come again with every import.
create or replace function app_private.cleared_events(workspace uuid, caller uuid, events jsonb)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if (app_private.retention_rule('imported_events', workspace)).keep_days is not null then
    return '{}'::uuid[];
  end if;
  return array(
    select k.raw_event_id
    from app_private.told_events(events) as t
    cross join lateral unnest(array[t.external_id, app_private.event_key(t.external_id, 'private', caller)]) as known (key)
    -- one by one, whole: see own_event
    cross join lateral (
      select k.raw_event_id
      from app_hidden.raw_event_keys k
      where k.workspace_id = workspace and k.source = t.source and k.external_id = known.key
      offset 0
    ) as k
    where not exists (select from app_public.raw_events e where e.id = k.raw_event_id)
  );
end
$$;
comment on function app_private.cleared_events(uuid, uuid, jsonb) is 'Which events of an import are known, gone, and may come again: the ids that they had.';
-- Deliberately not granted: import_events calls it.
