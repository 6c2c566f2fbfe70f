-- What serves, what works and what looks compares itself with the database: which texts of functions/ it has. Written by migrate,
-- as the owner.
drop policy if exists all_owner on app_hidden.applied_functions;
create policy all_owner on app_hidden.applied_functions to colloquy_owner using (true) with check (true);

drop policy if exists select_program on app_hidden.applied_functions;
create policy select_program on app_hidden.applied_functions for select to colloquy_authenticator, colloquy_worker, colloquy_monitor using (true);
grant select on app_hidden.applied_functions to colloquy_authenticator, colloquy_worker, colloquy_monitor;
