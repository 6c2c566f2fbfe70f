-- Switches a key off for good: by its owner, or by an owner or admin of the workspace. Never with a key.
create or replace function app_public.revoke_api_key(id uuid)
returns app_public.api_keys
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.api_keys;
begin
  perform app_hidden.require_session();
  update app_public.api_keys k
  set is_active = false
  where k.id = revoke_api_key.id and k.workspace_id = app_hidden.current_workspace_id()
    and (k.owner_id = app_hidden.current_user_id() or app_hidden.can_manage())
  returning * into result;
  if result.id is null then
    raise exception 'There is no such key.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return result;
end
$$;
comment on function app_public.revoke_api_key(uuid) is
  'Switches a key off for good; the next request with it is refused. Errors: CQ101 not signed in, CQ110 not with an API key, CQ204 no such key.';
grant execute on function app_public.revoke_api_key(uuid) to colloquy_user, colloquy_admin;
