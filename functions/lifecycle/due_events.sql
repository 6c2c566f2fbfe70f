-- Events whose time has come, from an id on: those that came by themselves, or those that somebody imported. An event lives by the time
-- when it came in, and never goes before it was processed, or given up. Inlined: no settings.
create or replace function app_private.due_events(
  imported boolean, for_workspace uuid, due_before timestamptz, after_id uuid, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select e.id, uuid_extract_timestamp(e.id), octet_length(e.payload::text)::bigint, e.tableoid::regclass
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.is_imported = imported and e.id < app_hidden.uuidv7_floor(due_before)
    and (after_id is null or e.id > after_id) and (among is null or e.id = any (among))
    and e.processing_status in ('completed', 'failed')
  order by e.id
  limit max_rows;
$$;
comment on function app_private.due_events(boolean, uuid, timestamptz, uuid, integer, uuid[]) is
  'Events of a workspace, imported or not, that came in before a time and are settled; after an id, at most so many, only among some.';
-- Deliberately not granted: app_private.retention_due calls it.
