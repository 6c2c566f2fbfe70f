-- Those who manage a workspace see that it was exported; the file is for who asked alone. Written by security definer functions only: not
-- granted is any write.
-- needs: auth/can_manage, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.workspace_exports;
create policy all_owner on app_public.workspace_exports to colloquy_owner using (true) with check (true);

drop policy if exists select_manager on app_public.workspace_exports;
create policy select_manager on app_public.workspace_exports for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
  and (select app_hidden.can_manage())
);

grant select on app_public.workspace_exports to colloquy_visitor, colloquy_user, colloquy_admin;
