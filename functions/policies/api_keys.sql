-- A member sees its own keys in the workspace of the request; owners and admins see all of them. Not granted: any write.
-- needs: auth/can_manage, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.api_keys;
create policy all_owner on app_public.api_keys to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.api_keys;
create policy select_member on app_public.api_keys for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or (select app_hidden.can_manage()))
);

grant select on app_public.api_keys to colloquy_visitor, colloquy_user, colloquy_admin;
