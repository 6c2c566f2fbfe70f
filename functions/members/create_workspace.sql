-- Makes a workspace to share, with the caller as its owner. Security definer: workspaces is closed to writes.
create or replace function app_public.create_workspace(name text, slug text default null)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_hidden.require_session();
  begin
    insert into app_public.workspaces (name, slug)
    values (trim(create_workspace.name), nullif(lower(trim(create_workspace.slug)), ''))
    returning * into result;
  exception when unique_violation then
    raise exception 'This slug is taken.' using errcode = 'CQ116', hint = 'Choose another, or leave it out.';
  end;
  insert into app_public.workspace_members (workspace_id, user_id, role) values (result.id, app_hidden.current_user_id(), 'owner');
  return result;
end
$$;
comment on function app_public.create_workspace(text, text) is
  'Makes a workspace to share. Errors: CQ101 not signed in, CQ110 not with an API key, CQ116 the slug is taken, CQ200 name or slug not acceptable.';
grant execute on function app_public.create_workspace(text, text) to colloquy_user, colloquy_admin;
