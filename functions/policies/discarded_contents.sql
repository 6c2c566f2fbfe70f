-- Nobody but the security definer functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.discarded_contents;
create policy all_owner on app_hidden.discarded_contents to colloquy_owner using (true) with check (true);
