-- The checks of a database read the certificates; nobody writes them but the functions that erase.
drop policy if exists all_owner on app_hidden.erasures;
create policy all_owner on app_hidden.erasures to colloquy_owner using (true) with check (true);
drop policy if exists select_operators on app_hidden.erasures;
create policy select_operators on app_hidden.erasures for select to colloquy_monitor using (true);
grant select on app_hidden.erasures to colloquy_monitor;
