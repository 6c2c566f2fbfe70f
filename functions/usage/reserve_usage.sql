-- Sets usage aside before work begins, against the caller's own monthly quota and every budget that holds for it: all of
-- them or none. What was reserved and never settled counts no longer after an hour.
create or replace function app_public.reserve_usage(tokens bigint, cost_usd numeric default 0)
returns app_public.usage_reservations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_meter();
  if reserve_usage.tokens is null or reserve_usage.tokens not between 0 and 1000000000000
    or reserve_usage.cost_usd is null or reserve_usage.cost_usd not between 0 and 1000000
  then
    raise exception 'What is reserved is not negative.' using errcode = 'CQ200', hint = 'Pass tokens, and costUsd when it is known.';
  end if;
  return app_private.reserve_for(
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), reserve_usage.tokens, reserve_usage.cost_usd
  );
end
$$;
comment on function app_public.reserve_usage(bigint, numeric) is
  'Sets tokens and cost aside before work begins; settleUsage ends it. Errors: CQ101, CQ109, CQ200 a negative amount, CQ220 the budget is spent, CQ221 the caller''s monthly quota is.';
grant execute on function app_public.reserve_usage(bigint, numeric) to colloquy_user, colloquy_admin;
