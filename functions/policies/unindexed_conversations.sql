-- Nobody but the security definer functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.unindexed_conversations;
create policy all_owner on app_hidden.unindexed_conversations to colloquy_owner using (true) with check (true);
