-- The owner reads and changes its repositories; the workspace reads those that are shared with it.
-- Not granted: workspace_id, and owner_id and source_type after the insert.
-- needs: auth/can_write, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.repositories;
create policy all_owner on app_public.repositories to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.repositories;
create policy select_member on app_public.repositories for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists insert_member on app_public.repositories;
create policy insert_member on app_public.repositories for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.repositories;
create policy update_own on app_public.repositories for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.repositories;
create policy delete_own on app_public.repositories for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

grant select on app_public.repositories to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.repositories to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, name, source_type, description, repo_url, visibility, metadata)
on app_public.repositories to colloquy_user, colloquy_admin;
grant update (name, description, repo_url, visibility, is_archived, metadata) on app_public.repositories to colloquy_user, colloquy_admin;
