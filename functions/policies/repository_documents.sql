-- Read by whoever may read both the repository and the document: the policies of their own tables decide. Put in by a security
-- definer function, and never shown with a private document to others. Not granted: any write.
-- needs: auth/current_workspace_id
drop policy if exists all_owner on app_public.repository_documents;
create policy all_owner on app_public.repository_documents to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.repository_documents;
create policy select_member on app_public.repository_documents for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and exists (select from app_public.repositories r where r.id = repository_documents.repository_id)
  and exists (select from app_public.documents d where d.id = repository_documents.document_id)
);

grant select on app_public.repository_documents to colloquy_visitor, colloquy_user, colloquy_admin;
