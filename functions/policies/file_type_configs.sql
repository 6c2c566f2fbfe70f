-- Every signed-in user may know what can be stored; whoever administers the database decides. Not granted: any write.
-- needs: auth/can_read
drop policy if exists all_owner on app_public.file_type_configs;
create policy all_owner on app_public.file_type_configs to colloquy_owner using (true) with check (true);

drop policy if exists select_user on app_public.file_type_configs;
create policy select_user on app_public.file_type_configs for select to colloquy_user, colloquy_admin
using (
  (select app_hidden.can_read())
);

grant select on app_public.file_type_configs to colloquy_visitor, colloquy_user, colloquy_admin;
