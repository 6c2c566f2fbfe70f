-- The owner reads and changes its templates; the workspace reads those that are public; everybody who is signed in reads
-- those of the installation. Not granted: workspace_id, and owner_id after the insert.
-- needs: auth/can_read, auth/can_write, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.system_prompt_templates;
create policy all_owner on app_public.system_prompt_templates to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.system_prompt_templates;
create policy select_member on app_public.system_prompt_templates for select to colloquy_user, colloquy_admin
using (
  (select app_hidden.can_read())
  and (
    workspace_id is null
    or workspace_id = (select app_hidden.current_workspace_id()) and (owner_id = (select app_hidden.current_user_id()) or is_public)
  )
);

drop policy if exists insert_member on app_public.system_prompt_templates;
create policy insert_member on app_public.system_prompt_templates for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.system_prompt_templates;
create policy update_own on app_public.system_prompt_templates for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.system_prompt_templates;
create policy delete_own on app_public.system_prompt_templates for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

grant select on app_public.system_prompt_templates to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.system_prompt_templates to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, name, category, template, variables, is_public) on app_public.system_prompt_templates to colloquy_user, colloquy_admin;
grant update (name, category, template, variables, is_public) on app_public.system_prompt_templates to colloquy_user, colloquy_admin;
