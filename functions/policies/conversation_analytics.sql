-- Read by whoever may read the conversation. Written by job: not granted is any insert, update, delete.
-- needs: auth/current_workspace_id
drop policy if exists all_owner on app_public.conversation_analytics;
create policy all_owner on app_public.conversation_analytics to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.conversation_analytics;
create policy select_member on app_public.conversation_analytics for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  -- a scalar subquery, looked up by key for each row; the policy of conversations decides
  and (select true from app_public.conversations c where c.id = conversation_analytics.conversation_id)
);

grant select on app_public.conversation_analytics to colloquy_visitor, colloquy_user, colloquy_admin;
