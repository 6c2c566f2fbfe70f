-- A user sees and edits its own row; nobody but the security definer functions adds or removes one.
-- An API key changes no account, and reads its owner's with "read". Not granted: insert and delete, and update of role, quotas, totals, e-mail and is_active.
-- needs: auth/can_read, auth/current_user_id, auth/is_api_key
drop policy if exists all_owner on app_public.users;
create policy all_owner on app_public.users to colloquy_owner using (true) with check (true);

drop policy if exists select_self on app_public.users;
create policy select_self on app_public.users for select to colloquy_user, colloquy_admin
using (id = (select app_hidden.current_user_id()) and (select app_hidden.can_read()));

drop policy if exists update_self on app_public.users;
create policy update_self on app_public.users for update to colloquy_user, colloquy_admin
using (id = (select app_hidden.current_user_id()) and not (select app_hidden.is_api_key()));

grant select on app_public.users to colloquy_visitor, colloquy_user, colloquy_admin;
grant update (username, first_name, last_name, display_name, avatar_url, preferred_model_provider, preferred_model_name)
on app_public.users to colloquy_user, colloquy_admin;
