-- The owner reads and changes its conversations; the workspace reads those that are shared with it.
-- Not granted: the counters, the bookkeeping of indexing and archival, workspace_id, and owner_id after the insert.
-- needs: auth/can_write, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.conversations;
create policy all_owner on app_public.conversations to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.conversations;
create policy select_member on app_public.conversations for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists insert_member on app_public.conversations;
create policy insert_member on app_public.conversations for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.conversations;
create policy update_own on app_public.conversations for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.conversations;
create policy delete_own on app_public.conversations for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists select_worker on app_public.conversations;
create policy select_worker on app_public.conversations for select to colloquy_worker using (true);

grant select on app_public.conversations to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
grant delete on app_public.conversations to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, title, visibility, channel, model_provider, model_name, temperature, max_tokens, system_prompt, rag_configuration_id,
  metadata)
on app_public.conversations to colloquy_user, colloquy_admin;
grant update (title, visibility, model_provider, model_name, temperature, max_tokens, system_prompt, enable_document_chat,
  enable_image_generation, enable_web_search, is_archived, pinned_at, rag_configuration_id, metadata)
on app_public.conversations to colloquy_user, colloquy_admin;
