-- How long things are kept. Precedence: a legal hold on the kind (what narrower ones are about, retention passes over), then the workspace's own policy, then the one for the whole system;
-- without any, forever. Whatever deletes by age asks effective_retention and nothing else. No workspace keeps its audit log for less
-- than the installation demands: who manages a workspace must not be able to do away with what it did.
create or replace function app_hidden.effective_retention(for_kind app_public.retention_kind, for_workspace uuid)
returns app_public.effective_retention
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  policy app_public.retention_policies;
begin
  if app_private.is_kind_held(for_workspace, for_kind) then
    return row(for_kind, null, 'hold')::app_public.effective_retention;
  end if;
  select p.* into policy
  from app_public.retention_policies p
  where p.kind = for_kind and (p.workspace_id = for_workspace or p.workspace_id is null)
  order by p.workspace_id nulls last
  limit 1;
  return row(
    for_kind,
    case
      when policy.kind = 'audit_logs' and policy.workspace_id is not null
        then greatest(policy.keep_days, case when policy.keep_days is not null then app_hidden.setting('audit_log_min_days')::integer end)
      else policy.keep_days
    end,
    case when policy.id is null then 'nothing' when policy.workspace_id is null then 'system' else 'workspace' end
  )::app_public.effective_retention;
end
$$;
comment on function app_hidden.effective_retention(app_public.retention_kind, uuid) is 'How long a kind of thing is kept in a workspace, and what decides it: hold, workspace, system or nothing.';
grant execute on function app_hidden.effective_retention(app_public.retention_kind, uuid) to colloquy_worker;
