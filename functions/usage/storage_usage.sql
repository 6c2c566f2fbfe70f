-- How much the caller's workspace stores, and may store. Security definer: the sums are closed.
create or replace function app_public.storage_usage()
returns app_public.storage_usage
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.storage_usage;
begin
  perform app_hidden.require_member();
  select coalesce(sum(s.bytes), 0), coalesce(sum(s.row_count), 0) into result.bytes, result.row_count
  from app_private.workspace_storage s
  where s.workspace_id = app_hidden.current_workspace_id();
  select q.storage_bytes, q.row_limit into result.byte_limit, result.row_limit
  from app_private.workspace_quota(app_hidden.current_workspace_id()) as q;
  return result;
end
$$;
comment on function app_public.storage_usage() is 'How much the workspace stores and may store. Errors: CQ101 not signed in.';
grant execute on function app_public.storage_usage() to colloquy_user, colloquy_admin;
