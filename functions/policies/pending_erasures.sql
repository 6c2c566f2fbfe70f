-- Nobody but the security definer functions of the owner. Deliberately no grant: it says who leaves.
drop policy if exists all_owner on app_hidden.pending_erasures;
create policy all_owner on app_hidden.pending_erasures to colloquy_owner using (true) with check (true);
