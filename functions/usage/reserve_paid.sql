-- Before the worker asks a service that is paid, whatever for: the switch, and then the budgets and the quota of a user, or those
-- of the installation where no user pays. A refusal is an answer and no error, so that the caller can write down who waits.
-- It trusts its caller, so it must never be granted to anybody.
create or replace function app_private.reserve_paid(
  for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric, out reservation_id uuid, out refusal text, out reason text
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_private.copy_reason() is not null then
    refusal := 'CQ635';
    reason := 'This database is a copy in quarantine: nothing is spent from it until it is adopted.';
    return;
  end if;
  if app_hidden.setting('paid_embedding') <> 'on' then
    refusal := 'CQ370';
    reason := 'Asking services that are paid is switched off.';
    return;
  end if;
  if for_user is null then
    perform app_private.require_backfill_budget(reserve_paid.tokens, reserve_paid.cost_usd);
  else
    reservation_id := (app_private.reserve_for(for_workspace, for_user, reserve_paid.tokens, reserve_paid.cost_usd)).id;
  end if;
exception when sqlstate 'CQ220' or sqlstate 'CQ221' or sqlstate 'CQ371' then
  refusal := sqlstate;
  reason := sqlerrm;
end
$$;
comment on function app_private.reserve_paid(uuid, uuid, bigint, numeric) is
  'Sets tokens and cost of a request to a paid service aside, for a user or, without one, for the installation. With a refusal (CQ220, CQ221, CQ370, CQ371, CQ635) and its reason, nothing is.';
