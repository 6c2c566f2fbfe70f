-- The API's own login counts requests before they have a role. No role of a request ever sees who else is counted. Deliberately no
-- grant to them, nor to the worker, which removes what has ended by a function.
drop policy if exists all_owner on app_hidden.rate_limits;
create policy all_owner on app_hidden.rate_limits to colloquy_owner using (true) with check (true);
drop policy if exists all_authenticator on app_hidden.rate_limits;
create policy all_authenticator on app_hidden.rate_limits to colloquy_authenticator using (true) with check (true);
grant select, insert (key, points, expire), update (points, expire) on app_hidden.rate_limits to colloquy_authenticator;
