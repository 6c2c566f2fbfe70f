-- What reserve_usage does for its caller and the worker for the owner of what it embeds: sets usage aside against the
-- monthly quota of the user and every budget that holds for it, all of them or none. The user and then the budgets are
-- locked in one order, so reservations at the same time never exceed a limit together and never stand in a circle. It
-- trusts its caller, so it must never be granted to anybody.
create or replace function app_private.reserve_for(for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric)
returns app_public.usage_reservations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  budget app_public.usage_budgets;
  reservation app_public.usage_reservations;
  starts timestamptz;
  taken record;
begin
  perform app_private.require_quota(reserve_for.tokens, reserve_for.cost_usd, for_user);
  insert into app_public.usage_reservations (workspace_id, user_id, tokens, cost_usd, expires_at)
  values (for_workspace, for_user, reserve_for.tokens, reserve_for.cost_usd, clock_timestamp() + interval '1 hour')
  returning * into reservation;

  for budget in
    select b.*
    from app_public.usage_budgets b
    where b.workspace_id = reservation.workspace_id and (b.user_id is null or b.user_id = reservation.user_id)
    order by b.id
    for no key update
  loop
    starts := app_private.budget_period_start(budget.period, clock_timestamp());
    select coalesce(sum(t.tokens), 0) as tokens, coalesce(sum(t.cost_usd), 0) as cost_usd into taken
    from (
      select s.tokens, s.cost_usd from app_hidden.budget_spending s where s.budget_id = budget.id and s.period_start = starts
      union all
      select h.tokens, h.cost_usd
      from app_hidden.usage_holds h
      where h.budget_id = budget.id and h.period_start = starts and h.expires_at > clock_timestamp()
    ) as t;
    if taken.tokens + reservation.tokens > budget.token_limit or taken.cost_usd + reservation.cost_usd > budget.cost_limit_usd then
      raise exception 'The budget of this % for the % is spent.', budget.scope, budget.period using errcode = 'CQ220',
        hint = format(
          'It begins anew at %s. Ask for less, or ask an owner of the workspace for a larger one.',
          to_char((starts at time zone 'UTC') + ('1 ' || budget.period)::interval, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        );
    end if;
    insert into app_hidden.usage_holds (workspace_id, budget_id, reservation_id, period_start, tokens, cost_usd, expires_at)
    values (reservation.workspace_id, budget.id, reservation.id, starts, reservation.tokens, reservation.cost_usd, reservation.expires_at);
  end loop;
  return reservation;
end
$$;
comment on function app_private.reserve_for(uuid, uuid, bigint, numeric) is
  'Sets usage of a user aside. Errors: CQ220 the budget is spent, CQ221 the monthly quota is.';
