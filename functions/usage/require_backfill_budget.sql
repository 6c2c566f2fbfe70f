-- The budget of the installation for all versions that searches do not use. Claims are made one at a time, so that they never
-- exceed it together.
create or replace function app_private.require_backfill_budget(tokens bigint, cost_usd numeric)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  starts timestamptz := app_private.budget_period_start('month', clock_timestamp());
  most_tokens numeric := nullif(app_hidden.setting('backfill_tokens_per_month'), 'unlimited')::numeric;
  most_cost numeric := nullif(app_hidden.setting('backfill_cost_per_month'), 'unlimited')::numeric;
  taken record;
begin
  perform pg_advisory_xact_lock(hashtextextended('app_private.require_backfill_budget', 0));
  select coalesce(sum(t.tokens), 0) as tokens, coalesce(sum(t.cost_usd), 0) as cost_usd into taken
  from (
    select s.tokens, s.cost_usd from app_hidden.embedding_spending s where s.period_start = starts
    union all
    select k.tokens, k.cost_usd from app_hidden.embedding_claims k where k.user_id is null and k.abandoned_at is null
  ) as t;
  if taken.tokens + tokens > most_tokens or taken.cost_usd + cost_usd > most_cost then
    raise exception 'The budget of this installation for other embedding versions than the active one is spent for the month.'
      using errcode = 'CQ371', hint = 'An administrator can raise the settings backfill_tokens_per_month and backfill_cost_per_month.';
  end if;
end
$$;
comment on function app_private.require_backfill_budget(bigint, numeric) is
  'Raises CQ371 unless so much fits into what versions that are not active may take this month, beside what is under way.';
