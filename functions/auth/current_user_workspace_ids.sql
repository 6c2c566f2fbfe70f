-- Security definer, since the policy of workspace_members itself asks it. An API key knows one workspace only.
create or replace function app_hidden.current_user_workspace_ids()
returns uuid[]
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(m.workspace_id), '{}')
  from app_public.workspace_members m
  where m.user_id = app_hidden.current_user_id()
    and (not app_hidden.is_api_key() or m.workspace_id = app_hidden.current_workspace_id());
$$;
comment on function app_hidden.current_user_workspace_ids() is 'The workspaces of the signed-in user; for an API key its own.';
grant execute on function app_hidden.current_user_workspace_ids() to colloquy_visitor, colloquy_user, colloquy_admin;
