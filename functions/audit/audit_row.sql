-- Trigger: one entry of the audit log for each change of a row. Its arguments are the kind of thing, the column that
-- identifies it, and the column of its workspace. An update is logged by the columns that it changed; one that changed
-- nothing that counts is not logged. Columns that may hold a secret are cut out by name, whatever table they stand in.
create or replace function app_private.without_secrets(row_values jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(v.key, v.value), '{}')
  from jsonb_each(row_values) as v
  where v.key !~* '(password|secret|token|hash)' and v.key not in ('created_at', 'updated_at', 'last_used_at');
$$;
comment on function app_private.without_secrets(jsonb) is 'A row as the audit log may keep it: without secrets and bookkeeping.';

create or replace function app_hidden.audit_row()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  entity_type text := tg_argv[0];
  before jsonb := case when tg_op <> 'INSERT' then app_private.without_secrets(to_jsonb(old)) end;
  after jsonb := case when tg_op <> 'DELETE' then app_private.without_secrets(to_jsonb(new)) end;
  whole jsonb := coalesce(after, before);
begin
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, after -> b.key) into before, after
    from jsonb_each(before) as b
    where b.value is distinct from after -> b.key;
    if before is null then
      return null;
    end if;
  end if;
  perform app_private.log_event(
    entity_type || case tg_op when 'INSERT' then '.created' when 'UPDATE' then '.changed' else '.removed' end,
    app_hidden.current_user_id(),
    (whole ->> tg_argv[2])::uuid, entity_type, (whole ->> tg_argv[1])::uuid, before, after
  );
  return null;
end
$$;
comment on function app_hidden.audit_row() is 'Trigger: writes what was changed into the audit log, without secrets.';

create or replace trigger workspaces_50_audit
after insert or delete or update of name, slug, settings, is_personal
on app_public.workspaces for each row execute function app_hidden.audit_row('workspace', 'id', 'id');

create or replace trigger workspace_members_50_audit
after insert or update or delete
on app_public.workspace_members for each row execute function app_hidden.audit_row('member', 'user_id', 'workspace_id');

create or replace trigger workspace_invitations_50_audit
after insert or update or delete
on app_public.workspace_invitations for each row execute function app_hidden.audit_row('invitation', 'id', 'workspace_id');

-- not last_used_at, which every minute of use changes
create or replace trigger api_keys_50_audit
after insert or delete or update of owner_id, name, scopes, expires_at, is_active
on app_public.api_keys for each row execute function app_hidden.audit_row('api_key', 'id', 'workspace_id');
