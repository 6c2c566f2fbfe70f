-- Every signed-in user may know which models there are; an administrator makes and switches them through functions.
-- needs: auth/can_read
drop policy if exists all_owner on app_public.embedding_versions;
create policy all_owner on app_public.embedding_versions to colloquy_owner using (true) with check (true);

drop policy if exists select_user on app_public.embedding_versions;
create policy select_user on app_public.embedding_versions for select to colloquy_user, colloquy_admin
using ((select app_hidden.can_read()));

drop policy if exists select_worker on app_public.embedding_versions;
create policy select_worker on app_public.embedding_versions for select to colloquy_worker using (true);

-- The API server embeds queries with the active version, outside any request.
drop policy if exists select_authenticator on app_public.embedding_versions;
create policy select_authenticator on app_public.embedding_versions for select to colloquy_authenticator using (status = 'active');

grant select on app_public.embedding_versions to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
grant usage on schema app_public to colloquy_authenticator;
