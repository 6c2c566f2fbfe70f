-- The owner reads and changes its documents; the workspace reads those that are shared with it.
-- Not granted: hashes, workspace_id, and owner_id after the insert.
-- needs: auth/can_write, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.documents;
create policy all_owner on app_public.documents to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.documents;
create policy select_member on app_public.documents for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists insert_member on app_public.documents;
create policy insert_member on app_public.documents for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.documents;
create policy update_own on app_public.documents for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.documents;
create policy delete_own on app_public.documents for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists select_worker on app_public.documents;
create policy select_worker on app_public.documents for select to colloquy_worker using (true);

grant select on app_public.documents to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
grant delete on app_public.documents to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, title, content, content_type, code_language, text_search_language, source_url, visibility, metadata)
on app_public.documents to colloquy_user, colloquy_admin;
grant update (title, content, content_type, code_language, text_search_language, source_url, visibility, is_archived, metadata)
on app_public.documents to colloquy_user, colloquy_admin;
