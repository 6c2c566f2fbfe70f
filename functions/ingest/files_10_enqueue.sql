-- After a statement that stores files, or has some read again: one job per file. What is only described has no bytes to read.
create or replace function app_private.enqueue_unread_files()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'extract-file', jsonb_build_object('workspaceId', n.workspace_id, 'fileId', n.id), n.id::text, n.workspace_id::text
  )
  from new_files n
  where n.processing_status = 'pending' and n.sha256 is not null;
  return null;
end
$$;
comment on function app_private.enqueue_unread_files() is 'Trigger: enqueues the reading of files that wait for it.';

create or replace trigger files_10_enqueue_insert
after insert on app_public.files
referencing new table as new_files
for each statement execute function app_private.enqueue_unread_files();

create or replace trigger files_10_enqueue_update
after update on app_public.files
referencing new table as new_files
for each statement execute function app_private.enqueue_unread_files();
