-- Sums over all tenants.
select t.metric, t.labels, t.value from app_hidden.metric_totals() as t
union all
select 'colloquy_webhooks_failing', '{}', count(*)::float8 from app_hidden.webhook_states();
