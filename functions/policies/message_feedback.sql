-- Who gave it sees it. Written by security definer functions only: not granted is any write, nor address and client.
-- needs: auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.message_feedback;
create policy all_owner on app_public.message_feedback to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.message_feedback;
create policy select_own on app_public.message_feedback for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and user_id = (select app_hidden.current_user_id())
);

grant select (id, workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, updated_at, created_at) on app_public.message_feedback to colloquy_visitor, colloquy_user, colloquy_admin;
