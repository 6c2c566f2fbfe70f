-- Security definer, since the caller must own the repository but may only have to read the document.
create or replace function app_public.add_document_to_repository(repository_id uuid, document_id uuid, file_path text)
returns app_public.repository_documents
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  result app_public.repository_documents;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(file_path), 0) not between 1 and 1000 then
    raise exception 'filePath has 1 to 1,000 characters.' using errcode = 'CQ200', column = 'file_path', hint = 'Send the path within the repository.';
  end if;
  -- both are locked against removal, in this order everywhere
  perform from app_public.repositories r
  where r.workspace_id = workspace and r.id = add_document_to_repository.repository_id and r.owner_id = caller
  for key share;
  if not found then
    raise exception 'There is no such repository.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  perform from app_public.documents d
  where d.workspace_id = workspace and d.id = add_document_to_repository.document_id and (d.owner_id = caller or d.visibility = 'workspace')
  for key share;
  if not found then
    raise exception 'There is no such document.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  begin
    insert into app_public.repository_documents as r (workspace_id, repository_id, document_id, file_path)
    values (workspace, add_document_to_repository.repository_id, add_document_to_repository.document_id, add_document_to_repository.file_path)
    on conflict (repository_id, document_id) do update set file_path = excluded.file_path
    returning r.* into result;
  exception when unique_violation then
    raise exception 'Another document of this repository has this path.' using errcode = 'CQ240', hint = 'Choose another path.';
  end;
  return result;
end
$$;
comment on function app_public.add_document_to_repository(uuid, uuid, text) is
  'Puts a document into a repository of one''s own, or moves it within it. Errors: CQ101 not signed in, CQ109 read-only, CQ120 a legal hold keeps it where it is, CQ200 unusable path, CQ204 no such repository or document, CQ240 the path is taken.';
grant execute on function app_public.add_document_to_repository(uuid, uuid, text) to colloquy_user, colloquy_admin;
