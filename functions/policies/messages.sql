-- Read by whoever may read the conversation. Written by security definer functions only: not granted is any insert, update,
-- delete.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.messages;
create policy all_owner on app_public.messages to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.messages;
create policy select_member on app_public.messages for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (
    owner_id = (select app_hidden.current_user_id())
    -- a scalar subquery, looked up by key for each row; with exists() the planner hashed every conversation of the workspace
    or (select c.visibility from app_public.conversations c where c.id = messages.conversation_id) = 'workspace'
  )
);

drop policy if exists select_worker on app_public.messages;
create policy select_worker on app_public.messages for select to colloquy_worker using (true);

grant select on app_public.messages to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
