-- A user sees the workspaces it belongs to. Making, renaming and leaving go through functions. Not granted: any write.
-- needs: auth/current_user_workspace_ids
drop policy if exists all_owner on app_public.workspaces;
create policy all_owner on app_public.workspaces to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.workspaces;
create policy select_member on app_public.workspaces for select to colloquy_user, colloquy_admin
using (id = any ((select app_hidden.current_user_workspace_ids())::uuid[]));

grant select on app_public.workspaces to colloquy_visitor, colloquy_user, colloquy_admin;
