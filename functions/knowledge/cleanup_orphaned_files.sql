-- Removes uploads that came to nothing (orphaned_files says which), for the job alone. Their bytes are remembered by the trigger
-- of files, and go later.
create or replace function app_hidden.cleanup_orphaned_files(older_than interval default '7 days', max_files integer default 1000)
returns table (workspace_id uuid, file_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  candidate record;
begin
  perform app_private.require_batch(max_files);
  if older_than is null or older_than < interval '1 hour' then
    raise exception 'Files younger than an hour may still be on their way.' using errcode = 'CQ200', hint = 'Pass at least one hour.';
  end if;
  for candidate in
    select f.id, f.workspace_id, f.owner_id
    from app_private.orphaned_files(older_than) f
    where not app_private.is_held(f.workspace_id, 'files', of_person => f.owner_id)
    order by f.id
    limit max_files
  loop
    -- a statement of its own sees a hold that was placed while this waited
    perform app_private.lock_holds(candidate.workspace_id);
    continue when app_private.is_held(candidate.workspace_id, 'files', of_person => candidate.owner_id);
    select f.workspace_id, f.id into workspace_id, file_id
    from app_public.files f
    where f.id = candidate.id and exists (select from app_private.orphaned_files(older_than) o where o.id = candidate.id)
    for update skip locked;
    continue when not found;
    delete from app_public.files f where f.id = candidate.id;
    return next;
  end loop;
end
$$;
comment on function app_hidden.cleanup_orphaned_files(interval, integer) is
  'Removes uploads that came to nothing, at most so many. Returns which; run twice, it finds nothing. For the job. Error: CQ200 too young, or a batch that cannot be.';
grant execute on function app_hidden.cleanup_orphaned_files(interval, integer) to colloquy_worker;
