-- Written by app_hidden.pause_job and resume_job alone. Dashboards and doctor read it; deliberately nothing for the roles of requests.
drop policy if exists all_owner on app_hidden.paused_jobs;
create policy all_owner on app_hidden.paused_jobs to colloquy_owner using (true) with check (true);
drop policy if exists select_operators on app_hidden.paused_jobs;
create policy select_operators on app_hidden.paused_jobs for select to colloquy_monitor, colloquy_worker using (true);
grant select on app_hidden.paused_jobs to colloquy_monitor, colloquy_worker;
