-- Renames a workspace to share. Security definer: workspaces is closed to writes.
create or replace function app_public.rename_workspace(name text, slug text default null)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_private.lock_workspace();
  begin
    update app_public.workspaces w
    set name = trim(rename_workspace.name), slug = coalesce(nullif(lower(trim(rename_workspace.slug)), '')::citext, w.slug)
    where w.id = app_hidden.current_workspace_id()
    returning * into result;
  exception when unique_violation then
    raise exception 'This slug is taken.' using errcode = 'CQ116', hint = 'Choose another, or leave it out.';
  end;
  return result;
end
$$;
comment on function app_public.rename_workspace(text, text) is
  'Renames the workspace of the request; without a slug it keeps its own. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not an owner or admin, CQ116 the slug is taken, CQ200 not acceptable.';
grant execute on function app_public.rename_workspace(text, text) to colloquy_user, colloquy_admin;
