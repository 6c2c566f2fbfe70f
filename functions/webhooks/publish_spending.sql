-- Tells webhooks of a budget of which four fifths are spent, and of one that is spent: when what was really used is settled, once each in a
-- period, whoever used it.
create or replace function app_private.publish_spending()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  before_share numeric := 0;
  after_share numeric;
  limits app_public.usage_budgets;
begin
  if not exists (select from app_public.webhooks w where w.workspace_id = new.workspace_id and w.is_active) then
    return null;
  end if;
  select b.* into limits from app_public.usage_budgets b where b.workspace_id = new.workspace_id and b.id = new.budget_id;
  after_share := greatest(new.tokens::numeric / nullif(limits.token_limit, 0), new.cost_usd / nullif(limits.cost_limit_usd, 0));
  if tg_op = 'UPDATE' then
    before_share := coalesce(greatest(old.tokens::numeric / nullif(limits.token_limit, 0), old.cost_usd / nullif(limits.cost_limit_usd, 0)), 0);
  end if;
  if before_share < 0.8 and after_share >= 0.8 or before_share < 1 and after_share >= 1 then
    perform app_private.publish(array[row(
      new.workspace_id, case when after_share >= 1 then 'budget.exceeded' else 'budget.warning' end,
      jsonb_build_object('usageBudgetId', new.budget_id, 'period', limits.period, 'scope', limits.scope, 'share', round(after_share, 3))
    )::app_private.happening]);
  end if;
  return null;
end
$$;
comment on function app_private.publish_spending() is 'Trigger: tells webhooks of a budget that is nearly spent, or spent.';

create or replace trigger budget_spending_60_publish after insert or update of tokens, cost_usd on app_hidden.budget_spending
for each row execute function app_private.publish_spending();
