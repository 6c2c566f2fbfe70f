-- The end of a legal hold, which stays on record.
create or replace function app_public.release_legal_hold(id uuid)
returns app_public.legal_holds
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  update app_public.legal_holds h
  set released_at = clock_timestamp(), released_by = app_hidden.current_user_id()
  where h.id = release_legal_hold.id and h.workspace_id = app_hidden.current_workspace_id() and h.released_at is null
  returning * into result;
  if result.id is null then
    raise exception 'There is no such hold.' using errcode = 'CQ204', hint = 'It may be released already.';
  end if;
  return result;
end
$$;
comment on function app_public.release_legal_hold(uuid) is
  'Releases a legal hold; it stays on record. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such hold, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.release_legal_hold(uuid) to colloquy_user, colloquy_admin;
