-- Every member sees the names of the workspace's tags. Written by security definer functions only: not granted is any write.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.tags;
create policy all_owner on app_public.tags to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.tags;
create policy select_member on app_public.tags for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

grant select on app_public.tags to colloquy_visitor, colloquy_user, colloquy_admin;
