-- The archive is whole: it becomes a private file of who asked for it, under the lock by which no bytes of it are removed. Returns where the
-- bytes belong; the caller puts them there before it commits. Nothing when it was not wanted any more.
create or replace function app_hidden.finish_workspace_export(
  export_id uuid, file_name text, byte_size bigint, sha256 bytea, row_count bigint, missing_files integer
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  export app_public.workspace_exports;
  file app_public.files;
begin
  select e.* into export from app_public.workspace_exports e where e.id = export_id and e.status = 'processing' for update;
  if export.id is null then
    return null;
  end if;
  perform pg_advisory_xact_lock_shared(app_private.content_lock(app_private.content_path(export.workspace_id, finish_workspace_export.sha256)));
  insert into app_public.files (workspace_id, owner_id, visibility, original_name, mime_type, byte_size, sha256, processing_status)
  values (
    export.workspace_id, export.requested_by, 'private', left(file_name, 255), 'application/gzip', finish_workspace_export.byte_size,
    finish_workspace_export.sha256, 'completed'
  )
  returning * into file;
  update app_public.workspace_exports e
  set status = 'completed', file_id = file.id, row_count = finish_workspace_export.row_count, missing_file_count = missing_files,
    finished_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(hours => app_hidden.setting('workspace_export_hours')::integer)
  where e.id = export.id;
  return file.storage_path;
end
$$;
comment on function app_hidden.finish_workspace_export(uuid, text, bigint, bytea, bigint, integer) is
  'Makes an archive a private file of who asked for it, and returns where its bytes belong. For the job.';
grant execute on function app_hidden.finish_workspace_export(uuid, text, bigint, bytea, bigint, integer) to colloquy_worker;
