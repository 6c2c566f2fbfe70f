-- Never of one that is whole: what was made stays until its time is over.
create or replace function app_hidden.fail_workspace_export(export_id uuid, error text, error_code text)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.workspace_exports e
  set status = 'failed', error = left(fail_workspace_export.error, 2000), error_code = fail_workspace_export.error_code, finished_at = clock_timestamp()
  where e.id = export_id and e.status in ('pending', 'processing');
$$;
comment on function app_hidden.fail_workspace_export(uuid, text, text) is 'Gives up an archive, and says why. For the job.';
grant execute on function app_hidden.fail_workspace_export(uuid, text, text) to colloquy_worker;
