-- Nobody but the security definer functions of the owner, in functions/agents. Deliberately no grant.
drop policy if exists all_owner on app_hidden.agent_checkpoints;
create policy all_owner on app_hidden.agent_checkpoints to colloquy_owner using (true) with check (true);
