-- How long a workspace keeps a kind of thing. Precedence: effective_retention.
create or replace function app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer default null)
returns app_public.retention_policies
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.retention_policies;
begin
  perform app_private.require_manager();
  if set_retention_policy.kind is null or set_retention_policy.keep_days not between 1 and 36500 then
    raise exception 'keepDays is 1 to 36,500, or null for ever, and kind is needed.' using errcode = 'CQ200', column = 'keep_days', hint = 'Send whole days.';
  end if;
  if set_retention_policy.kind = 'audit_logs' and set_retention_policy.keep_days < app_hidden.setting('audit_log_min_days')::integer then
    raise exception 'The audit log is kept for % days at least.', app_hidden.setting('audit_log_min_days') using errcode = 'CQ701',
      hint = 'Send more days. The operator of the installation decides how many (audit_log_min_days).';
  end if;
  insert into app_public.retention_policies as p (workspace_id, kind, keep_days)
  values (app_hidden.current_workspace_id(), set_retention_policy.kind, set_retention_policy.keep_days)
  on conflict (workspace_id, kind) do update set keep_days = excluded.keep_days, updated_at = clock_timestamp()
  returning p.* into result;
  return result;
end
$$;
comment on function app_public.set_retention_policy(app_public.retention_kind, integer) is
  'Says how many days this workspace keeps a kind of thing; null means forever. It comes before the policy of the whole system, and after a legal hold. What is due goes the next night: previewRetention says what. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ114 not an owner or administrator of the workspace, CQ701 too few days for the audit log.';
grant execute on function app_public.set_retention_policy(app_public.retention_kind, integer) to colloquy_user, colloquy_admin;
