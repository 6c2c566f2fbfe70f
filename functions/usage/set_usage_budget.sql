-- Sets or changes a budget. Runs with the caller's rights: the policies of usage_budgets let only those write who manage the
-- workspace. To lift a budget, delete it.
create or replace function app_public.set_usage_budget(
  period app_public.budget_period, token_limit bigint default null, cost_limit_usd numeric default null, user_id uuid default null
)
returns app_public.usage_budgets
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.usage_budgets;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.usage_budgets (workspace_id, scope, user_id, period, token_limit, cost_limit_usd)
  values (
    app_hidden.current_workspace_id(),
    case when set_usage_budget.user_id is null then 'workspace' else 'user' end::app_public.budget_scope,
    set_usage_budget.user_id, set_usage_budget.period, set_usage_budget.token_limit, set_usage_budget.cost_limit_usd
  )
  on conflict on constraint usage_budgets_workspace_id_user_id_period_key do update
  set token_limit = excluded.token_limit, cost_limit_usd = excluded.cost_limit_usd
  returning * into result;
  return result;
end
$$;
comment on function app_public.set_usage_budget(app_public.budget_period, bigint, numeric, uuid) is
  'Sets how much may be used per day or month, by one member or, without userId, by the whole workspace. Errors: CQ101, CQ109, CQ200 no limit given, CQ204 no such member, CQ403 not an owner or admin of the workspace.';
grant execute on function app_public.set_usage_budget(app_public.budget_period, bigint, numeric, uuid) to colloquy_user, colloquy_admin;
