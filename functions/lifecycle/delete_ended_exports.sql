-- The files of archives whose time is over, and what is known of archives of more than a month ago. What a legal hold keeps stays until it
-- is released.
create or replace function app_hidden.delete_ended_exports(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ended record;
  removed integer := 0;
begin
  perform app_private.require_batch(max_rows);
  for ended in
    select e.id, e.workspace_id, e.file_id
    from app_public.workspace_exports e
    where e.file_id is not null and e.expires_at <= clock_timestamp() and not app_private.is_held(e.workspace_id, 'files')
    order by e.expires_at
    limit max_rows
    for update skip locked
  loop
    -- a statement of its own sees a hold that was placed while this waited
    perform app_private.lock_holds(ended.workspace_id);
    continue when app_private.is_held(ended.workspace_id, 'files');
    delete from app_public.files f where f.workspace_id = ended.workspace_id and f.id = ended.file_id;
    removed := removed + 1;
  end loop;
  if removed = 0 then
    delete from app_public.workspace_exports e
    where e.id in (
      select o.id from app_public.workspace_exports o
      where o.id < app_hidden.uuidv7_floor(clock_timestamp() - interval '30 days') and o.file_id is null
      order by o.id limit max_rows for update skip locked
    );
    get diagnostics removed = row_count;
  end if;
  return removed;
end
$$;
comment on function app_hidden.delete_ended_exports(integer) is
  'Removes the files of archives of workspaces whose time is over, and archives of long ago, at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_ended_exports(integer) to colloquy_worker;
