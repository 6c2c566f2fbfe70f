-- Sealed, since the policy of workspace_members itself asks it.
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
  where m.user_id = app_hidden.current_user_id();
$$;
comment on function app_hidden.current_user_workspace_ids() is 'The workspaces of the signed-in user.';
grant execute on function app_hidden.current_user_workspace_ids() to colloquy_visitor, colloquy_user, colloquy_admin;
