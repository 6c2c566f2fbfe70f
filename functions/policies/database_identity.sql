-- Nobody but the security definer functions of the owner, and whoever administers the database. Deliberately no grant.
drop policy if exists all_owner on app_private.database_identity;
create policy all_owner on app_private.database_identity to colloquy_owner using (true) with check (true);
