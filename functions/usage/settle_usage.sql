-- Ends a reservation with what was really used, which may be more than was set aside: it happened. A member is bound by budgets, so
-- what it reports is bound by what it reserved; whoever is believed about usage ends reservations of others, too. Again changes nothing.
create or replace function app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric default 0)
returns app_public.usage_reservations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  reservation app_public.usage_reservations;
  factor numeric := app_hidden.setting('usage_settle_factor')::numeric;
begin
  perform app_private.require_meter();
  if settle_usage.tokens is null or settle_usage.tokens not between 0 and 1000000000000
    or settle_usage.cost_usd is null or settle_usage.cost_usd not between 0 and 1000000
  then
    raise exception 'What was used is not negative.' using errcode = 'CQ200', hint = 'Pass tokens, and costUsd when it is known.';
  end if;
  select r.* into reservation
  from app_public.usage_reservations r
  where r.id = settle_usage.reservation_id and r.workspace_id = app_hidden.current_workspace_id()
    and (r.user_id = app_hidden.current_user_id() or app_private.can_meter());
  if reservation.id is null then
    raise exception 'There is no such reservation.' using errcode = 'CQ204', hint = 'Pass the id that reserveUsage returned.';
  end if;
  if not app_private.can_meter()
    and (settle_usage.tokens > reservation.tokens * factor or settle_usage.cost_usd > reservation.cost_usd * factor)
  then
    raise exception 'This is more than % times what was reserved.', factor using errcode = 'CQ122', hint = format(
      'Settle up to %s tokens and %s US dollars, and reserve more the next time; owners, admins and their keys with the scope "meter" may settle more.',
      trunc(reservation.tokens * factor), reservation.cost_usd * factor
    );
  end if;
  return app_private.settle_reservation(
    app_hidden.current_workspace_id(), settle_usage.reservation_id, settle_usage.tokens, settle_usage.cost_usd
  );
end
$$;
comment on function app_public.settle_usage(uuid, bigint, numeric) is
  'Ends a reservation with what was really used. Errors: CQ101, CQ109, CQ110 API key with neither "write" nor "meter", CQ122 a member settles far more than it reserved, CQ200 a negative amount, CQ204 no such reservation.';
grant execute on function app_public.settle_usage(uuid, bigint, numeric) to colloquy_user, colloquy_admin;
