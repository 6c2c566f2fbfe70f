-- Makes a workspace to share, with the caller as its owner. Security definer: workspaces is closed to writes.
create or replace function app_public.create_workspace(name text, slug text default null)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result app_public.workspaces;
  most bigint := nullif(app_hidden.setting('workspaces_per_account')::bigint, 0);
begin
  perform app_hidden.require_session();
  -- locked: two requests at the same time do not pass together
  perform from app_public.users u where u.id = app_hidden.current_user_id() for no key update;
  if most <= (select count(*) from app_public.workspace_members m where m.user_id = app_hidden.current_user_id() and m.role = 'owner') then
    raise exception 'You own % workspaces, which is the most.', most using errcode = 'CQ224', hint = 'Delete one, or hand one over, or ask the operator.';
  end if;
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
  'Makes a workspace to share. Errors: CQ101 not signed in, CQ110 not with an API key, CQ116 the slug is taken, CQ200 name or slug not acceptable, CQ224 too many.';
grant execute on function app_public.create_workspace(text, text) to colloquy_user, colloquy_admin;
