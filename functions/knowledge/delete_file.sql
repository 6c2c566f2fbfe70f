-- Security definer: a file goes with what was read from it. Its bytes are remembered by the trigger of files, and go later.
create or replace function app_public.delete_file(file_id uuid)
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
  perform app_private.lock_holds(app_hidden.current_workspace_id());
  delete from app_public.files f
  where f.workspace_id = app_hidden.current_workspace_id() and f.id = delete_file.file_id and f.owner_id = app_hidden.current_user_id()
  returning * into result;
  if result.id is null then
    raise exception 'There is no such file.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return result;
end
$$;
comment on function app_public.delete_file(uuid) is
  'Removes a file with the document that was read from it, its passages and their vectors. Its bytes follow within an hour, unless somebody else of the workspace has stored the same. Errors: CQ101, CQ109, CQ110, CQ120 kept by a legal hold, CQ204 no such file of yours.';
grant execute on function app_public.delete_file(uuid) to colloquy_user, colloquy_admin;
