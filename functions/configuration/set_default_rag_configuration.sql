-- Moves the mark of the default configuration. Security definer, since is_default is granted to nobody: there is always exactly
-- one.
create or replace function app_public.set_default_rag_configuration(rag_configuration_id uuid)
returns app_public.rag_configurations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.rag_configurations;
begin
  perform app_hidden.require_member(for_writing => true);
  if not app_hidden.has_scope('admin') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "admin", or sign in.';
  end if;
  -- one at a time in a workspace; the row of the workspace itself is what others wait for
  perform from app_public.workspaces w where w.id = app_hidden.current_workspace_id() for no key update;
  select r.* into result
  from app_public.rag_configurations r
  where r.id = set_default_rag_configuration.rag_configuration_id and r.workspace_id = app_hidden.current_workspace_id()
    and app_hidden.can_manage();
  if result.id is null then
    raise exception 'There is no such configuration, or it is not yours to change.' using errcode = 'CQ204', hint = 'An owner or admin of the workspace may.';
  end if;
  update app_public.rag_configurations r set is_default = false where r.workspace_id = result.workspace_id and r.is_default and r.id <> result.id;
  update app_public.rag_configurations r set is_default = true, is_active = true where r.id = result.id and not r.is_default;
  select r.* into result from app_public.rag_configurations r where r.id = result.id;
  return result;
end
$$;
comment on function app_public.set_default_rag_configuration(uuid) is
  'Makes a configuration the default of the workspace. Errors: CQ101, CQ109, CQ110 API key without "admin" and "write", CQ204 no such configuration, or the caller is no owner or admin.';
grant execute on function app_public.set_default_rag_configuration(uuid) to colloquy_user, colloquy_admin;
