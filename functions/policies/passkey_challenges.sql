-- Nobody but the security definer functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.passkey_challenges;
create policy all_owner on app_private.passkey_challenges to colloquy_owner using (true) with check (true);
