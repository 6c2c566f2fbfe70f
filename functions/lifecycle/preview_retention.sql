-- What the next run of retention will delete in the caller's workspace, for those who manage it: they decide how long things are kept.
-- Numbers only: what a private conversation holds is not theirs to read.
create or replace function app_public.preview_retention()
returns setof app_public.retention_preview
language plpgsql
stable
security definer
rows 8
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  -- the claims alone are not enough: somebody may have been removed since the request began
  if not app_hidden.can_manage() or not exists (
    select from app_public.workspace_members me
    where me.workspace_id = app_hidden.current_workspace_id() and me.user_id = app_hidden.current_user_id() and me.role in ('owner', 'admin')
  ) then
    raise exception 'Only an owner or administrator of the workspace may do this.' using errcode = 'CQ114', hint = 'Ask one of them.';
  end if;
  return query
  select p.*
  from unnest(app_private.retention_kinds()) with ordinality as k (kind, place)
  cross join lateral app_private.retention_preview(k.kind, app_hidden.current_workspace_id()) as p
  order by k.place;
end
$$;
comment on function app_public.preview_retention() is
  'What retention would delete now in the workspace, kind by kind, and what decides it. Errors: CQ101 not signed in, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.preview_retention() to colloquy_user, colloquy_admin;
