-- Rows come through app_hidden.record_run alone. Dashboards and doctor read them; deliberately nothing for the roles of requests.
drop policy if exists all_owner on app_hidden.maintenance_runs;
create policy all_owner on app_hidden.maintenance_runs to colloquy_owner using (true) with check (true);
drop policy if exists select_operators on app_hidden.maintenance_runs;
create policy select_operators on app_hidden.maintenance_runs for select to colloquy_monitor, colloquy_worker using (true);
grant select on app_hidden.maintenance_runs to colloquy_monitor, colloquy_worker;
