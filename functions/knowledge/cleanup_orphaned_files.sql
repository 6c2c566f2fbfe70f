-- Uploads that came to nothing: never read, or not readable, in no conversation, and without a document. It must never
-- touch a file that was read, or that a conversation shows: those go when somebody deletes them.
create or replace function app_hidden.cleanup_orphaned_files(older_than interval default '7 days', max_files integer default 1000)
returns table (workspace_id uuid, file_id uuid, storage_path text, is_last boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if older_than is null or older_than < interval '1 hour' then
    raise exception 'Files younger than an hour may still be on their way.' using errcode = 'CQ200', hint = 'Pass at least one hour.';
  end if;
  return query
  with orphans as (
    select f.id
    from app_public.files f
    where f.processing_status in ('pending', 'failed')
      and f.updated_at < now() - older_than
      and f.conversation_id is null
      and not exists (select from app_public.documents d where d.workspace_id = f.workspace_id and d.file_id = f.id)
      and not app_private.is_held(f.workspace_id, 'files')
    order by f.id
    limit max_files
    for update skip locked
  ),
  gone as (
    delete from app_public.files f using orphans o where f.id = o.id
    returning f.workspace_id, f.id, f.storage_path, f.sha256
  )
  -- equal content is stored once in a workspace: the bytes, if any, go with the last row that has them
  select g.workspace_id, g.id, g.storage_path, g.storage_path is not null and not exists (
    select from app_public.files other
    where other.workspace_id = g.workspace_id and other.sha256 = g.sha256 and other.id not in (select gone.id from gone)
  )
  from gone g;
end
$$;
comment on function app_hidden.cleanup_orphaned_files(interval, integer) is
  'Removes uploads that came to nothing, and says whose bytes nobody else has. Run twice, it finds nothing. Error: CQ200 too young.';
grant execute on function app_hidden.cleanup_orphaned_files(interval, integer) to colloquy_worker;
