-- Who made a link sees it, and so do owners and admins: not its conversation, but that it is there, whose it is and when it was
-- last read. Written by security definer functions only: not granted is any write, nor the hash of the token.
-- needs: auth/can_manage, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.conversation_shares;
create policy all_owner on app_public.conversation_shares to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.conversation_shares;
drop policy if exists select_member on app_public.conversation_shares;
create policy select_member on app_public.conversation_shares for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (created_by = (select app_hidden.current_user_id()) or (select app_hidden.can_manage()))
);

grant select (id, workspace_id, conversation_id, created_by, until_message_id, expires_at, revoked_at, created_at, api_key_id, read_count,
  last_read_at)
on app_public.conversation_shares to colloquy_visitor, colloquy_user, colloquy_admin;
