-- Stores an event of another system. Security definer: raw_events is closed to direct writes. A delivery that comes again, also
-- in the same moment, stores nothing and returns the first; the key table decides, since the events lie in many partitions.
create or replace function app_public.ingest_event(
  source text,
  event_type text,
  payload jsonb,
  external_id text default null,
  metadata jsonb default '{}',
  visibility app_public.visibility default 'workspace'
)
returns app_public.raw_events
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  known_as text := app_private.event_key(ingest_event.external_id, ingest_event.visibility, app_hidden.current_user_id());
  first_id uuid;
  result app_public.raw_events;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(trim(ingest_event.source)), 0) not between 1 and 100 then
    raise exception 'source has 1 to 100 characters.' using errcode = 'CQ200', column = 'source', hint = 'Name the system, like "slack".';
  end if;
  if coalesce(char_length(trim(ingest_event.event_type)), 0) not between 1 and 200 then
    raise exception 'eventType has 1 to 200 characters.' using errcode = 'CQ200', column = 'event_type', hint = 'Name the kind of event, like "message".';
  end if;
  if ingest_event.payload is null or pg_column_size(ingest_event.payload) > 1048576 then
    raise exception 'An event has a payload of at most 1 MiB.' using errcode = 'CQ200', column = 'payload', hint = 'Store large content as a file.';
  end if;
  if char_length(ingest_event.external_id) not between 1 and 500 then
    raise exception 'externalId has 1 to 500 characters.' using errcode = 'CQ200', column = 'external_id', hint = 'Leave it out when the system has none.';
  end if;

  result.id := uuidv7();
  if ingest_event.external_id is not null then
    insert into app_hidden.raw_event_keys as k (workspace_id, source, external_id, raw_event_id)
    values (workspace, trim(ingest_event.source), known_as, result.id)
    on conflict do nothing;
    if not found then
      select k.raw_event_id into first_id
      from app_hidden.raw_event_keys k
      where k.workspace_id = workspace and k.source = trim(ingest_event.source) and k.external_id = known_as
      for update;
      select e.* into result from app_public.raw_events e where e.workspace_id = workspace and e.id = first_id;
      if result.id is not null then
        if (result.event_type, result.payload, result.metadata)
          is distinct from (trim(ingest_event.event_type), ingest_event.payload, coalesce(ingest_event.metadata, '{}'))
        then
          perform app_private.refuse_other_content('externalId');
        end if;
        return result;
      end if;
      -- retention cleared it away since
      result.id := uuidv7();
      update app_hidden.raw_event_keys k
      set raw_event_id = result.id
      where k.workspace_id = workspace and k.source = trim(ingest_event.source) and k.external_id = known_as;
    end if;
  end if;
  insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, external_id, payload, metadata, visibility)
  values (
    result.id, workspace, app_hidden.current_user_id(), trim(ingest_event.source), trim(ingest_event.event_type), ingest_event.external_id,
    ingest_event.payload, coalesce(ingest_event.metadata, '{}'), coalesce(ingest_event.visibility, 'workspace')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.ingest_event(text, text, jsonb, text, jsonb, app_public.visibility) is
  'Stores an event of another system, which every member reads unless it is private. One with an externalId that this workspace has from the same source already is not stored again; the first is returned. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ810 that one has another content.';
grant execute on function app_public.ingest_event(text, text, jsonb, text, jsonb, app_public.visibility) to colloquy_user, colloquy_admin;
