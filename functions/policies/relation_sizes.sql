-- Rows come through app_hidden.record_sizes alone. Dashboards and doctor read them; deliberately nothing for the roles of requests.
drop policy if exists all_owner on app_hidden.relation_sizes;
create policy all_owner on app_hidden.relation_sizes to colloquy_owner using (true) with check (true);
drop policy if exists select_monitor on app_hidden.relation_sizes;
create policy select_monitor on app_hidden.relation_sizes for select to colloquy_monitor using (true);
grant select on app_hidden.relation_sizes to colloquy_monitor;
