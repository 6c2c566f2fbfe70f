-- Nobody but app_hidden.tier_chunks. Deliberately no grant.
drop policy if exists all_owner on app_hidden.tier_passes;
create policy all_owner on app_hidden.tier_passes to colloquy_owner using (true) with check (true);
