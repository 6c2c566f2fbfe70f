-- Ends a reservation, for settle_usage and for the worker: what was held is let go, what was used is counted. The budgets are
-- locked in the order in which reservations lock them. It trusts its caller, so it must never be granted to anybody. Again
-- changes nothing, and neither does one that is not there.
create or replace function app_private.settle_reservation(for_workspace uuid, of_reservation uuid, tokens bigint, cost_usd numeric)
returns app_public.usage_reservations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  reservation app_public.usage_reservations;
  result app_public.usage_reservations;
begin
  select r.* into reservation
  from app_public.usage_reservations r
  where r.workspace_id = for_workspace and r.id = of_reservation
  for no key update;
  if reservation.id is null or reservation.settled_at is not null then
    return reservation;
  end if;
  perform from app_public.usage_budgets b
  where b.workspace_id = reservation.workspace_id
    and b.id in (select h.budget_id from app_hidden.usage_holds h where h.workspace_id = reservation.workspace_id and h.reservation_id = reservation.id)
  order by b.id
  for no key update;

  with released as (
    delete from app_hidden.usage_holds h
    where h.workspace_id = reservation.workspace_id and h.reservation_id = reservation.id
    returning h.budget_id, h.period_start
  )
  insert into app_hidden.budget_spending as s (workspace_id, budget_id, period_start, tokens, cost_usd)
  select reservation.workspace_id, r.budget_id, r.period_start, settle_reservation.tokens, settle_reservation.cost_usd from released r
  on conflict on constraint budget_spending_pkey do update
  set tokens = s.tokens + excluded.tokens, cost_usd = s.cost_usd + excluded.cost_usd;

  insert into app_private.user_usage_months as s (user_id, period_start, settled_tokens, settled_cost_usd)
  values (
    reservation.user_id, app_private.budget_period_start('month', clock_timestamp()), settle_reservation.tokens, settle_reservation.cost_usd
  )
  on conflict on constraint user_usage_months_pkey do update
  set settled_tokens = s.settled_tokens + excluded.settled_tokens, settled_cost_usd = s.settled_cost_usd + excluded.settled_cost_usd;

  update app_public.usage_reservations r
  set settled_at = clock_timestamp(), settled_tokens = settle_reservation.tokens, settled_cost_usd = settle_reservation.cost_usd
  where r.id = reservation.id
  returning r.* into result;
  return result;
end
$$;
comment on function app_private.settle_reservation(uuid, uuid, bigint, numeric) is 'Ends a reservation with what was really used.';
