-- The history of a memory is its owner's alone. Written by security definer functions only: not granted is any write.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.memory_item_changes;
create policy all_owner on app_public.memory_item_changes to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.memory_item_changes;
create policy select_own on app_public.memory_item_changes for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
);

grant select on app_public.memory_item_changes to colloquy_visitor, colloquy_user, colloquy_admin;
