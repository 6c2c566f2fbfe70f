-- After a statement that stores events: one job per workspace and source, which takes whatever waits.
create or replace function app_private.enqueue_unprocessed_events()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'process-events', jsonb_build_object('workspaceId', n.workspace_id, 'source', n.source), n.workspace_id || ':' || n.source, n.workspace_id::text
  )
  from (select distinct x.workspace_id, x.source from new_events x where x.processing_status = 'pending') as n;
  return null;
end
$$;
comment on function app_private.enqueue_unprocessed_events() is 'Trigger: enqueues the processing of events that wait for it.';

create or replace trigger raw_events_10_enqueue_insert
after insert on app_public.raw_events
referencing new table as new_events
for each statement execute function app_private.enqueue_unprocessed_events();
