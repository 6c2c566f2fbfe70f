-- Read by every member of the workspace, changed by those who manage it: a key wants "admin" and "write". The default one cannot be deleted.
-- Not granted: is_default, which setDefaultRagConfiguration moves, workspace_id, and created_by after the insert.
-- needs: auth/can_manage, auth/can_write, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.rag_configurations;
create policy all_owner on app_public.rag_configurations to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.rag_configurations;
create policy select_member on app_public.rag_configurations for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

drop policy if exists insert_manager on app_public.rag_configurations;
create policy insert_manager on app_public.rag_configurations for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and created_by = (select app_hidden.current_user_id())
  and (select app_hidden.can_manage())
  and (select app_hidden.can_write())
);

drop policy if exists update_manager on app_public.rag_configurations;
create policy update_manager on app_public.rag_configurations for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
  and (select app_hidden.can_write())
);

drop policy if exists delete_manager on app_public.rag_configurations;
create policy delete_manager on app_public.rag_configurations for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
  and (select app_hidden.can_write())
  and not is_default
);

grant select on app_public.rag_configurations to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.rag_configurations to colloquy_user, colloquy_admin;
grant insert (workspace_id, created_by, name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
  similarity_threshold, retrieval_type)
on app_public.rag_configurations to colloquy_user, colloquy_admin;
grant update (name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
  similarity_threshold, retrieval_type, is_active)
on app_public.rag_configurations to colloquy_user, colloquy_admin;
