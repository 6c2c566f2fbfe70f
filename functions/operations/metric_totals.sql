-- Sums over all tenants for the metrics: how much, and never whose. From maintained counts and indexes, since it is asked with every scrape.
create or replace function app_hidden.metric_totals()
returns table (metric text, labels jsonb, value double precision)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select x.metric, x.labels, x.value::double precision
  from (
    select 'colloquy_month_cost_usd' as metric, '{}'::jsonb as labels,
      coalesce(sum(greatest(m.logged_cost_usd, m.settled_cost_usd)), 0) as value
    from app_private.user_usage_months m
    where m.period_start = app_private.budget_period_start('month', now())
    union all
    select v.metric, jsonb_build_object('path', s.path), sum(v.value)
    from app_hidden.search_statistics s
    cross join lateral (
      values
        ('colloquy_day_searches', s.searches), ('colloquy_day_short_returns', s.short_returns), ('colloquy_day_lost_returns', s.lost_returns)
    ) as v (metric, value)
    where s.day = (now() at time zone 'UTC')::date
    group by v.metric, s.path
    union all
    select 'colloquy_webhook_deliveries', jsonb_build_object('status', w.status), coalesce(sum(d.deliveries), 0)
    from (values ('waiting'), ('dead')) as w (status)
    left join lateral (
      select count(*) as deliveries from app_public.webhooks h
      join app_public.webhook_deliveries d on d.workspace_id = h.workspace_id and d.webhook_id = h.id
      -- those of a day, by the time in their id
      where d.status::text = w.status and (w.status = 'waiting' or d.id >= app_hidden.uuidv7_floor(now() - interval '1 day'))
    ) as d on true
    group by w.status
  ) as x;
$$;
comment on function app_hidden.metric_totals() is
  'For the metrics: cost of this month, searches of today and which of them were short, and deliveries to webhooks, summed over all tenants.';
grant execute on function app_hidden.metric_totals() to colloquy_monitor;
