-- Most events belong to the workspace, and every member reads them; a private one is for who brought it in. Written by security definer functions only: not granted is any write.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.raw_events;
create policy all_owner on app_public.raw_events to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.raw_events;
create policy select_member on app_public.raw_events for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
  and (visibility = 'workspace' or owner_id = (select app_hidden.current_user_id()))
);

grant select on app_public.raw_events to colloquy_visitor, colloquy_user, colloquy_admin;
