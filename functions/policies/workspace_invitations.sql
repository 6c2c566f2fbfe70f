-- Owners and admins see who was asked to join their workspace. Writing goes through functions. Not granted: any write.
-- needs: auth/can_manage, auth/current_workspace_id
drop policy if exists all_owner on app_public.workspace_invitations;
create policy all_owner on app_public.workspace_invitations to colloquy_owner using (true) with check (true);

drop policy if exists select_manager on app_public.workspace_invitations;
create policy select_manager on app_public.workspace_invitations for select to colloquy_user, colloquy_admin
using (workspace_id = (select app_hidden.current_workspace_id()) and (select app_hidden.can_manage()));

grant select on app_public.workspace_invitations to colloquy_visitor, colloquy_user, colloquy_admin;
