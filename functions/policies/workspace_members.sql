-- A member sees who else belongs to its workspaces. Not granted: any write.
-- needs: auth/current_user_workspace_ids
drop policy if exists all_owner on app_public.workspace_members;
create policy all_owner on app_public.workspace_members to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.workspace_members;
create policy select_member on app_public.workspace_members for select to colloquy_user, colloquy_admin
using (workspace_id = any ((select app_hidden.current_user_workspace_ids())::uuid[]));

grant select on app_public.workspace_members to colloquy_visitor, colloquy_user, colloquy_admin;
