-- Owners and admins read what happened in their workspace; everyone reads the events of its own account, in a session and
-- not with an API key. Not granted: any write, to anybody. The owner of the table is refused by a trigger.
-- needs: auth/can_manage, auth/current_user_id, auth/current_workspace_id, auth/is_api_key
drop policy if exists all_owner on app_public.audit_logs;
create policy all_owner on app_public.audit_logs to colloquy_owner using (true) with check (true);

drop policy if exists select_manager on app_public.audit_logs;
create policy select_manager on app_public.audit_logs for select to colloquy_user, colloquy_admin
using (workspace_id = (select app_hidden.current_workspace_id()) and (select app_hidden.can_manage()));

drop policy if exists select_self on app_public.audit_logs;
create policy select_self on app_public.audit_logs for select to colloquy_user, colloquy_admin
using (
  workspace_id is null and user_id = (select app_hidden.current_user_id()) and not (select app_hidden.is_api_key())
);

grant select on app_public.audit_logs to colloquy_visitor, colloquy_user, colloquy_admin;
