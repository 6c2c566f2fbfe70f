-- By what an event is known in its workspace. One that is private has a key of its owner's: nobody else's import finds it there already, and
-- nobody learns that it is. Without a set clause, so that it is inlined where keys are looked up.
create or replace function app_private.event_key(external_id text, visibility app_public.visibility, owner uuid)
returns text
language sql
immutable
as $$
  select case when event_key.visibility = 'private' then 'private ' || event_key.owner || ' ' || event_key.external_id else event_key.external_id end;
$$;
comment on function app_private.event_key(text, app_public.visibility, uuid) is 'The identifier under which an event is remembered.';
-- Deliberately not granted: import_events and ingest_event call it.
