-- Tells webhooks of files and events of other systems whose processing ended, and of memories that ended. Each trigger says by its
-- condition when, and that the workspace may read it. Arguments: what happened, and what the id is called.
create or replace function app_private.publish_status()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from app_public.webhooks w where w.workspace_id = new.workspace_id and w.is_active) then
    perform app_private.publish(array[row(new.workspace_id, tg_argv[0], jsonb_build_object(tg_argv[1], new.id))::app_private.happening]);
  end if;
  return null;
end
$$;
comment on function app_private.publish_status() is 'Trigger: tells webhooks of a row that reached a state.';

create or replace trigger files_60_publish_processed after update of processing_status on app_public.files
for each row when (new.visibility = 'workspace' and new.processing_status = 'completed' and old.processing_status <> 'completed')
execute function app_private.publish_status('file.processed', 'fileId');
create or replace trigger files_60_publish_failed after update of processing_status on app_public.files
for each row when (new.visibility = 'workspace' and new.processing_status = 'failed' and old.processing_status <> 'failed')
execute function app_private.publish_status('file.failed', 'fileId');

create or replace trigger raw_events_60_publish_failed after update of processing_status on app_public.raw_events
for each row when (new.visibility = 'workspace' and new.processing_status = 'failed' and old.processing_status <> 'failed')
execute function app_private.publish_status('event.failed', 'rawEventId');

create or replace trigger memory_items_60_publish_superseded after update of superseded_by on app_public.memory_items
for each row when (new.visibility = 'workspace' and new.superseded_by is not null and old.superseded_by is distinct from new.superseded_by)
execute function app_private.publish_status('memory.superseded', 'memoryItemId');
create or replace trigger memory_items_60_publish_forgotten after update of forgotten_at on app_public.memory_items
for each row when (new.visibility = 'workspace' and new.forgotten_at is not null and old.forgotten_at is null)
execute function app_private.publish_status('memory.forgotten', 'memoryItemId');
