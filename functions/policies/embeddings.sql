-- Read by whoever may read the chunk. Written by the pipeline's security definer functions only: not granted is any write.
-- needs: auth/current_workspace_id
drop policy if exists all_owner on app_public.embeddings;
create policy all_owner on app_public.embeddings to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.embeddings;
create policy select_member on app_public.embeddings for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and exists (select from app_public.chunks c where c.workspace_id = embeddings.workspace_id and c.id = embeddings.chunk_id)
);

grant select on app_public.embeddings to colloquy_visitor, colloquy_user, colloquy_admin;
