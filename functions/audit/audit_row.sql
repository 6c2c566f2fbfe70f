-- Trigger: one entry of the audit log for each change of a row. Its arguments are the kind of thing, the column that
-- identifies it, and the column of its workspace, if it has one. An update is logged by the columns that it changed; one
-- that changed nothing that counts is not logged. Columns that may hold a secret are cut out (without_secrets). What is not
-- public in its workspace makes an entry of whoever did it, which the workspace's managers do not read.
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
  -- the settings of the installation are known by a name
  has_uuid boolean := pg_input_is_valid(whole ->> tg_argv[1], 'uuid');
  is_private boolean := false in ((before ->> 'is_public')::boolean, (after ->> 'is_public')::boolean);
begin
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, after -> b.key) into before, after
    from jsonb_each(before) as b
    where b.value is distinct from after -> b.key or b.key = tg_argv[1] and not has_uuid;
    if before is null or before = after then
      return null;
    end if;
  end if;
  perform app_private.log_event(
    entity_type || case tg_op when 'INSERT' then '.created' when 'UPDATE' then '.changed' else '.removed' end,
    app_hidden.current_user_id(),
    case when is_private is not true then (whole ->> tg_argv[2])::uuid end, entity_type,
    case when has_uuid then (whole ->> tg_argv[1])::uuid end, before, after
  );
  return null;
end
$$;
comment on function app_hidden.audit_row() is 'Trigger: writes what was changed into the audit log, without secrets.';

create or replace trigger workspaces_50_audit
after insert or delete or update of name, slug, settings, is_personal, text_search_language, allows_public_links, longest_link_days,
  longest_api_key_days
on app_public.workspaces for each row execute function app_hidden.audit_row('workspace', 'id', 'id');

create or replace trigger workspace_members_50_audit
after insert or update or delete
on app_public.workspace_members for each row execute function app_hidden.audit_row('member', 'user_id', 'workspace_id');

-- not mailed_at, which follows from the rest
create or replace trigger workspace_invitations_50_audit
after insert or delete or update of email, role, invited_by, expires_at, accepted_at, accepted_by
on app_public.workspace_invitations for each row execute function app_hidden.audit_row('invitation', 'id', 'workspace_id');

-- not last_used_at, which every minute of use changes
create or replace trigger api_keys_50_audit
after insert or delete or update of owner_id, name, scopes, expires_at, is_active
on app_public.api_keys for each row execute function app_hidden.audit_row('api_key', 'id', 'workspace_id');

-- not the totals, which usage moves, and not what people say about themselves
create or replace trigger users_50_audit
after update of email, role, monthly_token_quota, monthly_cost_quota_usd, is_active
on app_public.users for each row execute function app_hidden.audit_row('account', 'id');

create or replace trigger rag_configurations_50_audit
after insert or update or delete
on app_public.rag_configurations for each row execute function app_hidden.audit_row('rag_configuration', 'id', 'workspace_id');

create or replace trigger system_prompt_templates_50_audit
after insert or update or delete
on app_public.system_prompt_templates for each row execute function app_hidden.audit_row('system_prompt_template', 'id', 'workspace_id');

create or replace trigger retention_policies_50_audit
after insert or update or delete
on app_public.retention_policies for each row execute function app_hidden.audit_row('retention_policy', 'id', 'workspace_id');

create or replace trigger legal_holds_50_audit
after insert or update or delete
on app_public.legal_holds for each row execute function app_hidden.audit_row('legal_hold', 'id', 'workspace_id');

create or replace trigger usage_budgets_50_audit
after insert or update or delete
on app_public.usage_budgets for each row execute function app_hidden.audit_row('usage_budget', 'id', 'workspace_id');

-- not the count of readings: note_link_read logs those, the first of each day
create or replace trigger conversation_shares_50_audit
after insert or delete or update of created_by, until_message_id, expires_at, revoked_at
on app_public.conversation_shares for each row execute function app_hidden.audit_row('conversation_share', 'id', 'workspace_id');

create or replace trigger file_type_configs_50_audit
after insert or update or delete
on app_public.file_type_configs for each row execute function app_hidden.audit_row('file_type', 'mime_type');

create or replace trigger settings_50_audit
after insert or update or delete
on app_private.settings for each row execute function app_hidden.audit_row('setting', 'name');

-- not how its deliveries go, which every attempt changes
create or replace trigger webhooks_50_audit
after insert or delete or update of responsible_id, url, description, kinds, include_content, is_active, disabled_reason
on app_public.webhooks for each row execute function app_hidden.audit_row('webhook', 'id', 'workspace_id');
