-- Read by the owner and, when shared, by the workspace. Written by security definer functions only: not granted is any write.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.memory_items;
create policy all_owner on app_public.memory_items to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.memory_items;
create policy select_member on app_public.memory_items for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists select_worker on app_public.memory_items;
create policy select_worker on app_public.memory_items for select to colloquy_worker using (true);

grant select on app_public.memory_items to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
