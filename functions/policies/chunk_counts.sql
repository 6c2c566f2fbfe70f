-- Nobody but the security definer functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.chunk_counts;
create policy all_owner on app_hidden.chunk_counts to colloquy_owner using (true) with check (true);
