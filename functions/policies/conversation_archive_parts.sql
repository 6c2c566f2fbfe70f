-- Nobody but the security definer functions of the owner: a document is never read directly. Deliberately no grant.
drop policy if exists all_owner on app_hidden.conversation_archive_parts;
create policy all_owner on app_hidden.conversation_archive_parts to colloquy_owner using (true) with check (true);
