-- Nobody but the security definer functions of the owner. Deliberately no grant: storage_usage tells members the sum.
drop policy if exists all_owner on app_private.workspace_storage;
create policy all_owner on app_private.workspace_storage to colloquy_owner using (true) with check (true);
