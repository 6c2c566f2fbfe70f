-- The monthly quota of a user (users.monthly_token_quota, monthly_cost_quota_usd), in all its workspaces together. Without
-- amounts: raises when it is spent, before something that was used is recorded; what goes over it with its last piece is
-- recorded, since it happened. With amounts: raises unless they fit in beside what is set aside and not settled. What was
-- used is what usage_logs or the settled reservations say, whichever is more: work is mostly reserved and logged, and must
-- not count twice. The user is locked, so that requests at the same time never exceed the quota together.
-- needs: auth/current_user_id
create or replace function app_private.require_quota(
  tokens bigint default null, cost_usd numeric default null, for_user uuid default app_hidden.current_user_id()
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  account record;
  starts timestamptz := app_private.budget_period_start('month', clock_timestamp());
  used record;
  held record;
begin
  select u.id, u.monthly_token_quota as token_quota, u.monthly_cost_quota_usd as cost_quota into account
  from app_public.users u
  where u.id = for_user and num_nonnulls(u.monthly_token_quota, u.monthly_cost_quota_usd) > 0
  for no key update;
  if account.id is null then
    return;
  end if;
  select
    coalesce(max(greatest(m.logged_tokens, m.settled_tokens)), 0) as tokens,
    coalesce(max(greatest(m.logged_cost_usd, m.settled_cost_usd)), 0) as cost_usd
  into used
  from app_private.user_usage_months m
  where m.user_id = account.id and m.period_start = starts;
  select coalesce(sum(r.tokens), 0) as tokens, coalesce(sum(r.cost_usd), 0) as cost_usd into held
  from app_public.usage_reservations r
  where r.user_id = account.id and r.settled_at is null and r.expires_at > clock_timestamp();

  if (case
    when require_quota.tokens is null
      then coalesce(used.tokens >= account.token_quota, false) or coalesce(used.cost_usd >= account.cost_quota, false)
    else coalesce(used.tokens + held.tokens + require_quota.tokens > account.token_quota, false)
      or coalesce(used.cost_usd + held.cost_usd + coalesce(require_quota.cost_usd, 0) > account.cost_quota, false)
  end) then
    raise exception 'Your quota for this month is spent.' using errcode = 'CQ221', hint = format(
      'It begins anew at %s. Ask for less, or ask an administrator for a larger one.',
      to_char((starts at time zone 'UTC') + interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    );
  end if;
end
$$;
comment on function app_private.require_quota(bigint, numeric, uuid) is 'Raises CQ221 when the monthly quota of a user, by default the caller''s, is spent, or has no room for what is asked.';
