-- What budgets, people and embedding versions spent, by period. Quotas look at the period that runs; what is long over is kept for a look
-- and then removed. Never a period of the last two months.
create or replace function app_hidden.delete_old_spending(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  total integer;
  kept_since timestamptz := clock_timestamp() - make_interval(days => greatest(62, app_hidden.setting('spending_keep_days')::integer));
begin
  perform app_private.require_batch(max_rows);
  delete from app_hidden.budget_spending s
  where (s.budget_id, s.period_start) in (
    select e.budget_id, e.period_start from app_hidden.budget_spending e where e.period_start < kept_since limit max_rows for update skip locked
  );
  get diagnostics total = row_count;
  delete from app_private.user_usage_months m
  where (m.user_id, m.period_start) in (
    select e.user_id, e.period_start from app_private.user_usage_months e where e.period_start < kept_since limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  total := total + gone;
  delete from app_hidden.embedding_spending s where s.period_start < kept_since;
  get diagnostics gone = row_count;
  return total + gone;
end
$$;
comment on function app_hidden.delete_old_spending(integer) is
  'Removes what was spent in periods that are long over (spending_keep_days), at most so many of each. Returns how many. For the job.';
grant execute on function app_hidden.delete_old_spending(integer) to colloquy_worker;
