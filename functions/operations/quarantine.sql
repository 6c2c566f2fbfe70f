-- What processes ask before they reach outside. It tells nothing about any tenant. Deliberately not for the roles of requests.
-- needs: operations/quarantine_reason
create or replace function app_hidden.quarantine(for_environment text default null)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select app_private.quarantine_reason(for_environment);
end;
comment on function app_hidden.quarantine(text) is
  'Why nothing is sent and nothing is spent from this database by a process that declares this environment; null when it is adopted.';
grant execute on function app_hidden.quarantine(text) to colloquy_authenticator, colloquy_worker, colloquy_monitor;
