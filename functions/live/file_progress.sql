-- How far a file is on its way to being found: its text is read, cut into passages, and the passages get vectors. Runs with the caller's
-- rights. A text that was changed since it was cut counts as not cut.
create or replace function app_hidden.file_progress(file_id uuid)
returns table (stage text, chunks integer, embedded_chunks integer, error_code text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  file app_public.files;
  cut boolean;
begin
  perform app_hidden.require_member();
  select f.* into file from app_public.files f where f.id = file_progress.file_id;
  if file.id is null then
    raise exception 'There is no such file.' using errcode = 'CQ204', hint = 'It may have been deleted, or taken back from the workspace.';
  end if;
  error_code := file.error_code;
  select count(c.id), count(e.chunk_id), bool_and(d.chunked_hash is not distinct from d.content_hash)
  into chunks, embedded_chunks, cut
  from app_public.documents d
  left join app_public.chunks c on c.workspace_id = d.workspace_id and c.document_id = d.id
  left join app_public.embeddings e on e.workspace_id = c.workspace_id and e.chunk_id = c.id
    and e.version_id = (select v.id from app_public.embedding_versions v where v.status = 'active')
  where d.workspace_id = file.workspace_id and d.file_id = file.id;
  stage := case
    when file.processing_status = 'failed' then 'FAILED'
    when file.processing_status = 'pending' then 'UPLOADED'
    when file.processing_status = 'processing' then 'READING'
    when not coalesce(cut, true) then 'READ'
    when embedded_chunks < chunks then 'CHUNKED'
    else 'EMBEDDED'
  end;
  return next;
end
$$;
comment on function app_hidden.file_progress(uuid) is
  'How far a file is: UPLOADED, READING, READ, CHUNKED, EMBEDDED or FAILED, and its passages and those with a vector. Errors: CQ101, CQ110, CQ204 no such file.';
grant execute on function app_hidden.file_progress(uuid) to colloquy_user, colloquy_admin;
