-- Adds to what a workspace stores, and refuses a request that goes over its quota. Jobs are not refused: what they write was stored before
-- in another form; nor is who only says so (may_refuse). Two requests at the same time may together go over it by the size of one.
create or replace function app_private.count_storage(workspace uuid, added_bytes bigint, added_rows bigint, may_refuse boolean default true)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  quota record;
  used record;
  free_slot smallint;
begin
  -- one that no other transaction has changed, from another one on for each session: writers do not wait for each other
  select s.slot into free_slot
  from app_private.workspace_storage s
  where s.workspace_id = workspace
  order by (s.slot + pg_backend_pid()) % 16
  limit 1
  for no key update skip locked;
  -- a workspace that is being deleted has none any more
  update app_private.workspace_storage s
  set bytes = s.bytes + added_bytes, row_count = s.row_count + added_rows
  where s.workspace_id = workspace and s.slot = coalesce(free_slot, pg_backend_pid() % 16);
  if not may_refuse or app_hidden.current_user_id() is null or added_bytes <= 0 and added_rows <= 0 then
    return;
  end if;
  select sum(s.bytes) as bytes, sum(s.row_count) as row_count into used from app_private.workspace_storage s where s.workspace_id = workspace;
  select q.* into quota from app_private.workspace_quota(workspace) as q;
  if used.bytes > quota.storage_bytes then
    raise exception 'The workspace may store % megabytes, and this would be more.', quota.storage_bytes / 1024 / 1024 using errcode = 'CQ222',
      hint = 'Delete what is not needed (storageUsage says how much there is), or ask the operator for a larger quota.';
  elsif used.row_count > quota.row_limit then
    raise exception 'The workspace may have % documents, messages, memories, events and files, and this would be more.', quota.row_limit
      using errcode = 'CQ223', hint = 'Delete what is not needed, or ask the operator for a larger quota.';
  end if;
end
$$;
comment on function app_private.count_storage(uuid, bigint, bigint, boolean) is
  'Adds bytes and rows to what a workspace stores. Raises CQ222 too many bytes, CQ223 too many rows, for requests.';
