-- Nobody but the security definer functions of the owner: what a passage says is for those who may read both the conversation
-- that cites it and its source, and citations_of() asks for both. Deliberately no grant.
drop policy if exists all_owner on app_hidden.cited_passages;
create policy all_owner on app_hidden.cited_passages to colloquy_owner using (true) with check (true);
