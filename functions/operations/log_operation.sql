-- What an operator did by a command, in the log of the installation, with the login that was used: a command has no account.
create or replace function app_private.log_operation(action text, details jsonb default '{}')
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select app_private.log_event(
    log_operation.action, null, entity_type => 'job', new_values => log_operation.details || jsonb_build_object('login', session_user)
  );
$$;
comment on function app_private.log_operation(text, jsonb) is 'Adds what an operator did with jobs to the audit log of the installation.';
