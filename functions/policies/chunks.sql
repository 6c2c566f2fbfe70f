-- Read by whoever may read the source. Written by the pipeline's security definer functions only: not granted is any write.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.chunks;
create policy all_owner on app_public.chunks to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.chunks;
create policy select_member on app_public.chunks for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

grant select on app_public.chunks to colloquy_visitor, colloquy_user, colloquy_admin;
