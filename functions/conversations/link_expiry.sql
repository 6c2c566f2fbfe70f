-- When a new link of the workspace of the request ends: what is asked for, or what the installation sets where nothing is, and
-- never later than the workspace allows.
create or replace function app_private.link_expiry(wanted timestamptz)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace app_public.workspaces;
  made_at timestamptz := clock_timestamp();
begin
  select w.* into workspace from app_public.workspaces w where w.id = app_hidden.current_workspace_id();
  if not workspace.allows_public_links then
    raise exception 'This workspace has no links for visitors.' using errcode = 'CQ124', hint = 'An owner or admin decides: setWorkspaceRules.';
  end if;
  if wanted <= made_at then
    raise exception 'The link would have expired already.' using errcode = 'CQ200', column = 'expires_at', hint = 'Leave expiresAt out, or choose a time to come.';
  end if;
  if wanted > made_at + make_interval(days => workspace.longest_link_days) then
    raise exception 'A link of this workspace lives % days at most.', workspace.longest_link_days using errcode = 'CQ125',
      hint = 'Leave expiresAt out, or choose an earlier time.';
  end if;
  return coalesce(wanted, made_at + make_interval(days => least(app_hidden.setting('link_days')::integer, workspace.longest_link_days)));
end
$$;
comment on function app_private.link_expiry(timestamptz) is 'When a new link ends. Raises CQ124 where there are none, CQ125 when it would live too long, CQ200 when it would have ended.';
