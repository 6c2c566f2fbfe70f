-- Read by every member of the workspace. Written by trigger: not granted is any insert, update, delete.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.rag_configuration_versions;
create policy all_owner on app_public.rag_configuration_versions to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.rag_configuration_versions;
create policy select_member on app_public.rag_configuration_versions for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

grant select on app_public.rag_configuration_versions to colloquy_visitor, colloquy_user, colloquy_admin;
