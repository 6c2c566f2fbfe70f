-- A legal hold comes before every policy of retention. A hold and a deletion never pass each other: lock_holds.
create or replace function app_public.place_legal_hold(reason text, kind app_public.retention_kind default null)
returns app_public.legal_holds
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  if coalesce(char_length(trim(place_legal_hold.reason)), 0) not between 1 and 2000 then
    raise exception 'A hold has a reason of 1 to 2,000 characters.' using errcode = 'CQ200', hint = 'Say why.';
  end if;
  perform app_private.lock_holds(app_hidden.current_workspace_id(), for_placing => true);
  insert into app_public.legal_holds (workspace_id, kind, reason, placed_by)
  values (app_hidden.current_workspace_id(), place_legal_hold.kind, trim(place_legal_hold.reason), app_hidden.current_user_id())
  returning * into result;
  return result;
end
$$;
comment on function app_public.place_legal_hold(text, app_public.retention_kind) is
  'Keeps retention from deleting anything of a kind, or anything at all, in this workspace. Errors: CQ101 not signed in, CQ109 read-only, CQ200 no reason, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.place_legal_hold(text, app_public.retention_kind) to colloquy_user, colloquy_admin;
