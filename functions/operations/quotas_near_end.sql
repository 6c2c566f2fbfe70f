-- Quotas and budgets of which a share is used: whose they are by id, how much of how much. Storage from its maintained sums, usage from
-- this period's. Deliberately no names and addresses. What a workspace may store is said here as in app_private.workspace_quota, for all
-- of them at once.
create or replace function app_hidden.quotas_near_end(share numeric default 0.9)
returns table (quota text, owner_kind text, owner_id uuid, used numeric, most numeric)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select q.quota, q.owner_kind, q.owner_id, q.used, q.most
  from (
    select x.quota, 'workspace' as owner_kind, s.workspace_id as owner_id, x.used, x.most
    from (
      select w.workspace_id, sum(w.bytes) as bytes, sum(w.row_count) as row_count from app_private.workspace_storage w group by w.workspace_id
    ) as s
    cross join (
      select
        nullif(app_hidden.setting('storage_mb_per_workspace')::bigint * 1024 * 1024, 0) as storage_bytes,
        nullif(app_hidden.setting('rows_per_workspace')::bigint, 0) as row_limit
    ) as usual
    left join app_private.workspace_quotas own on own.workspace_id = s.workspace_id
    cross join lateral (
      values
        ('bytes', s.bytes, coalesce(own.storage_bytes, usual.storage_bytes)::numeric),
        ('rows', s.row_count, coalesce(own.row_limit, usual.row_limit))
    ) as x (quota, used, most)
    union all
    select x.quota, 'user', u.id, x.used, x.most
    from app_public.users u
    join app_private.user_usage_months m on m.user_id = u.id and m.period_start = app_private.budget_period_start('month', now())
    cross join lateral (
      values
        ('tokens of the month', greatest(m.logged_tokens, m.settled_tokens)::numeric, u.monthly_token_quota::numeric),
        ('US dollars of the month', greatest(m.logged_cost_usd, m.settled_cost_usd), u.monthly_cost_quota_usd)
    ) as x (quota, used, most)
    where num_nonnulls(u.monthly_token_quota, u.monthly_cost_quota_usd) > 0
    union all
    select x.quota || ' of the ' || b.period, case b.scope when 'user' then 'budget of user' else 'budget of workspace' end,
      coalesce(b.user_id, b.workspace_id), x.used, x.most
    from app_public.usage_budgets b
    join app_hidden.budget_spending s on s.budget_id = b.id and s.period_start = app_private.budget_period_start(b.period, now())
    cross join lateral (values ('tokens', s.tokens::numeric, b.token_limit::numeric), ('US dollars', s.cost_usd, b.cost_limit_usd)) as x (quota, used, most)
  ) as q
  where q.used >= quotas_near_end.share * q.most and q.used > 0
  order by q.used / nullif(q.most, 0) desc, q.owner_id
  limit 1000;
$$;
comment on function app_hidden.quotas_near_end(numeric) is
  'Quotas of workspaces and users, and budgets, of which at least a share is used: what it is about, whose by id, how much is used and how much there is.';
grant execute on function app_hidden.quotas_near_end(numeric) to colloquy_monitor;
