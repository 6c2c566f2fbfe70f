-- In a transaction of its own, so that it is seen while the archive is made; never of one that has ended.
create or replace function app_hidden.note_workspace_export(export_id uuid, row_count bigint)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.workspace_exports e set row_count = note_workspace_export.row_count where e.id = export_id and e.status = 'processing';
$$;
comment on function app_hidden.note_workspace_export(uuid, bigint) is 'Says how far an archive is. For the job.';
grant execute on function app_hidden.note_workspace_export(uuid, bigint) to colloquy_worker;
