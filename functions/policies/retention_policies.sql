-- A member sees the policies of its workspace and those of the whole system. Written by set_retention_policy, and by whoever administers the database: not granted is any write.
-- needs: auth/can_read, auth/current_workspace_id
drop policy if exists all_owner on app_public.retention_policies;
create policy all_owner on app_public.retention_policies to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.retention_policies;
create policy select_member on app_public.retention_policies for select to colloquy_user, colloquy_admin
using (
  (select app_hidden.can_read())
  and (workspace_id is null or workspace_id = (select app_hidden.current_workspace_id()))
);

grant select on app_public.retention_policies to colloquy_visitor, colloquy_user, colloquy_admin;
