-- A user sees its own. Written by security definer functions only: not granted is any insert, update, delete.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.usage_reservations;
create policy all_owner on app_public.usage_reservations to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.usage_reservations;
create policy select_own on app_public.usage_reservations for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and user_id = (select app_hidden.current_user_id())
);

grant select on app_public.usage_reservations to colloquy_visitor, colloquy_user, colloquy_admin;
