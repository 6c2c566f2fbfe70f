-- What quarantine() says of the database alone, for whoever looks at it without being one of its processes.
-- needs: operations/copy_reason
create or replace function app_hidden.quarantine_of_database()
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select app_private.copy_reason();
end;
comment on function app_hidden.quarantine_of_database() is
  'Why this database counts as a copy, whatever its processes declare; null when it is the one that was adopted.';
grant execute on function app_hidden.quarantine_of_database() to colloquy_worker, colloquy_monitor;
