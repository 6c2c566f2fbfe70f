-- Read by whoever may read the conversation. Written by security definer functions only: not granted is any insert, update,
-- delete.
-- needs: auth/current_workspace_id
drop policy if exists all_owner on app_public.tool_calls;
create policy all_owner on app_public.tool_calls to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.tool_calls;
create policy select_member on app_public.tool_calls for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  -- a scalar subquery, looked up by key for each row, under the policy of conversations
  and (select c.id from app_public.conversations c where c.id = tool_calls.conversation_id) is not null
);

grant select on app_public.tool_calls to colloquy_visitor, colloquy_user, colloquy_admin;
