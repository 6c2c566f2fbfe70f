-- Nobody but the security definer functions of the owner, in functions/agents. Deliberately no grant.
drop policy if exists all_owner on app_hidden.agent_checkpoint_writes;
create policy all_owner on app_hidden.agent_checkpoint_writes to colloquy_owner using (true) with check (true);
