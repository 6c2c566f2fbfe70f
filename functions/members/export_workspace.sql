-- Asks for an archive of the workspace. A job writes it, as the person: what others have for themselves is never in it. Only in a session
-- that proved of late who it is, since it takes everything out.
create or replace function app_public.export_workspace()
returns app_public.workspace_exports
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  most constant integer := app_hidden.setting('workspace_exports_per_day')::integer;
  result app_public.workspace_exports;
begin
  perform app_hidden.require_session();
  perform app_private.require_manager();
  perform app_private.require_recent_proof();
  -- of two at once the second sees the first
  perform from app_public.workspaces w where w.id = workspace for no key update;
  if exists (
    select from app_public.workspace_exports e
    where e.workspace_id = workspace and e.status in ('pending', 'processing') and e.requested_at > now() - interval '1 day'
  ) or most <= (
    select count(*) from app_public.workspace_exports e where e.workspace_id = workspace and e.requested_at > now() - interval '1 day'
  ) then
    raise exception 'An archive of this workspace is being made, or % were asked for in a day.', most
      using errcode = 'CQ794', hint = 'See workspaceExports: take the one that is there, or wait.';
  end if;
  insert into app_public.workspace_exports (workspace_id, requested_by) values (workspace, app_hidden.current_user_id()) returning * into result;
  perform app_private.log_event('workspace.exported', app_hidden.current_user_id(), workspace, 'workspace', workspace);
  perform app_hidden.enqueue('export-workspace', jsonb_build_object('exportId', result.id), result.id::text, workspace::text);
  return result;
end
$$;
comment on function app_public.export_workspace() is
  'Has an archive made of everything in the workspace that the caller may read: what is shared, and what is the caller''s own. How far it is: workspaceExports. Errors: CQ101 not signed in, CQ109 read-only, CQ110 not with an API key, CQ114 not an owner or administrator of the workspace, CQ142 prove who you are first, CQ790 the workspace moves, CQ794 one is being made, or there were enough today.';
grant execute on function app_public.export_workspace() to colloquy_user, colloquy_admin;
