-- Nobody but the security definer functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.user_sessions;
create policy all_owner on app_private.user_sessions to colloquy_owner using (true) with check (true);
