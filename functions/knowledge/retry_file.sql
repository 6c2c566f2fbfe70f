-- The states of files are set by the worker; this is the one that a person may set.
create or replace function app_public.retry_file(file_id uuid)
returns app_public.files
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.files;
begin
  perform app_hidden.require_member(for_writing => true);
  update app_public.files f
  set processing_status = 'pending', attempts = 0, retry_at = null, error = null, error_code = null, updated_at = clock_timestamp()
  where f.workspace_id = app_hidden.current_workspace_id() and f.id = retry_file.file_id and f.owner_id = app_hidden.current_user_id()
    and f.processing_status = 'failed'
  returning * into result;
  if result.id is null then
    select f.* into result from app_public.files f
    where f.workspace_id = app_hidden.current_workspace_id() and f.id = retry_file.file_id and f.owner_id = app_hidden.current_user_id();
  end if;
  if result.id is null then
    raise exception 'There is no such file.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return result;
end
$$;
comment on function app_public.retry_file(uuid) is
  'Has a file read again that failed; any other is returned as it is. Errors: CQ101, CQ109, CQ110, CQ204 no such file of yours.';
grant execute on function app_public.retry_file(uuid) to colloquy_user, colloquy_admin;
