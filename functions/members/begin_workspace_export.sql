-- The job begins, or begins again after a worker was killed. Whether the person still manages the workspace is asked now: the answer may be
-- another one than when it asked.
create or replace function app_hidden.begin_workspace_export(export_id uuid)
returns table (workspace_id uuid, person uuid)
language plpgsql
security definer
rows 1
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  export app_public.workspace_exports;
begin
  select e.* into export from app_public.workspace_exports e where e.id = export_id and e.status in ('pending', 'processing') for update;
  if export.id is null then
    return;
  end if;
  if not exists (
    select from app_public.workspace_members m
    join app_public.users u on u.id = m.user_id and u.is_active
    where m.workspace_id = export.workspace_id and m.user_id = export.requested_by and m.role in ('owner', 'admin')
  ) then
    perform app_hidden.fail_workspace_export(export.id, 'Who asked for it does not manage the workspace any more.', 'CQ114');
    return;
  end if;
  update app_public.workspace_exports e set status = 'processing', row_count = 0 where e.id = export.id;
  return query select export.workspace_id, export.requested_by;
end
$$;
comment on function app_hidden.begin_workspace_export(uuid) is
  'The workspace and the person of an archive that is to be made; nothing when there is none, or it may not be any more. For the job.';
grant execute on function app_hidden.begin_workspace_export(uuid) to colloquy_worker;
