-- Writes one entry of the audit log. What is not given comes from the claims of the request. Never hand it a secret: it
-- writes what it gets; audit_row strips rows by itself.
create or replace function app_private.log_event(
  action text,
  user_id uuid,
  workspace_id uuid default null,
  entity_type text default 'user',
  entity_id uuid default null,
  old_values jsonb default null,
  new_values jsonb default null
)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  insert into app_public.audit_logs (workspace_id, user_id, action, entity_type, entity_id, old_values, new_values, api_key_id, ip, request_id,
    client_request_id)
  values (
    log_event.workspace_id, log_event.user_id, log_event.action, log_event.entity_type,
    -- an event of an account is about the account
    coalesce(log_event.entity_id, case when log_event.entity_type = 'user' then log_event.user_id end),
    log_event.old_values, log_event.new_values,
    nullif(current_setting('colloquy.api_key_id', true), '')::uuid,
    nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.request_id', true), ''), 200),
    left(nullif(current_setting('colloquy.client_request_id', true), ''), 200)
  );
$$;
comment on function app_private.log_event(text, uuid, uuid, text, uuid, jsonb, jsonb) is 'Adds an entry to the audit log.';
