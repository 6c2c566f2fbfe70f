-- Nobody but the security definer functions of the owner: streamed_text gives it to those who read the conversation. Deliberately no grant.
drop policy if exists all_owner on app_hidden.streaming_parts;
create policy all_owner on app_hidden.streaming_parts to colloquy_owner using (true) with check (true);
