-- What a workspace decides about links and keys. It holds at once, for those that exist, too. Also for personal ones. Null leaves a
-- rule as it is, 0 lifts a longest age. Security definer: workspaces is closed to writes.
create or replace function app_public.set_workspace_rules(
  allows_public_links boolean default null, longest_link_days integer default null, longest_api_key_days integer default null
)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_private.require_manager();
  if longest_link_days not between 0 and 3650 or longest_api_key_days not between 0 and 3650 then
    raise exception 'A longest age has 1 to 3650 days, or 0 for none.' using errcode = 'CQ200', hint = 'Leave out what shall stay as it is.';
  end if;
  update app_public.workspaces w
  set
    allows_public_links = coalesce(set_workspace_rules.allows_public_links, w.allows_public_links),
    longest_link_days = nullif(coalesce(set_workspace_rules.longest_link_days, w.longest_link_days), 0),
    longest_api_key_days = nullif(coalesce(set_workspace_rules.longest_api_key_days, w.longest_api_key_days), 0)
  where w.id = app_hidden.current_workspace_id()
  returning w.* into result;
  return result;
end
$$;
comment on function app_public.set_workspace_rules(boolean, integer, integer) is
  'Says whether conversations of the workspace of the request can be shared by links, and after how many days links and API keys end; those that exist obey, too. Null leaves a rule as it is, 0 lifts a longest age. Errors: CQ101 not signed in, CQ109 read-only, CQ110 API key without "admin" and "write", CQ114 not an owner or admin, CQ200 not acceptable.';
grant execute on function app_public.set_workspace_rules(boolean, integer, integer) to colloquy_user, colloquy_admin;
