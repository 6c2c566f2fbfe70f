-- Nobody but app_hidden.begin_run and end_run. Deliberately no grant.
drop policy if exists all_owner on app_hidden.open_runs;
create policy all_owner on app_hidden.open_runs to colloquy_owner using (true) with check (true);
