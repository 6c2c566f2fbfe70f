-- Ends a reservation with what was really used, which may be more than was set aside: it happened. Again changes nothing.
create or replace function app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric default 0)
returns app_public.usage_reservations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  reservation app_public.usage_reservations;
begin
  perform app_hidden.require_member(for_writing => true);
  if settle_usage.tokens is null or settle_usage.tokens not between 0 and 1000000000000
    or settle_usage.cost_usd is null or settle_usage.cost_usd not between 0 and 1000000
  then
    raise exception 'What was used is not negative.' using errcode = 'CQ200', hint = 'Pass tokens, and costUsd when it is known.';
  end if;
  select r.* into reservation
  from app_public.usage_reservations r
  where r.id = settle_usage.reservation_id and r.workspace_id = app_hidden.current_workspace_id() and r.user_id = app_hidden.current_user_id()
  for no key update;
  if reservation.id is null then
    raise exception 'There is no such reservation.' using errcode = 'CQ204', hint = 'Pass the id that reserveUsage returned.';
  end if;
  if reservation.settled_at is not null then
    return reservation;
  end if;

  -- in the order in which reservations lock them
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
  select reservation.workspace_id, r.budget_id, r.period_start, settle_usage.tokens, settle_usage.cost_usd from released r
  on conflict on constraint budget_spending_pkey do update
  set tokens = s.tokens + excluded.tokens, cost_usd = s.cost_usd + excluded.cost_usd;

  insert into app_private.user_usage_months as s (user_id, period_start, settled_tokens, settled_cost_usd)
  values (reservation.user_id, app_private.budget_period_start('month', clock_timestamp()), settle_usage.tokens, settle_usage.cost_usd)
  on conflict on constraint user_usage_months_pkey do update
  set settled_tokens = s.settled_tokens + excluded.settled_tokens, settled_cost_usd = s.settled_cost_usd + excluded.settled_cost_usd;

  update app_public.usage_reservations r
  set settled_at = clock_timestamp(), settled_tokens = settle_usage.tokens, settled_cost_usd = settle_usage.cost_usd
  where r.id = reservation.id
  returning r.* into reservation;
  return reservation;
end
$$;
comment on function app_public.settle_usage(uuid, bigint, numeric) is
  'Ends a reservation with what was really used. Errors: CQ101, CQ109, CQ200 a negative amount, CQ204 no such reservation.';
grant execute on function app_public.settle_usage(uuid, bigint, numeric) to colloquy_user, colloquy_admin;
