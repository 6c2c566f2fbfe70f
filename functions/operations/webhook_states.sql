-- How webhooks do, one row for each that fails: ids and times, never an address or what it tells.
create or replace function app_hidden.webhook_states()
returns table (webhook_id uuid, workspace_id uuid, failing_since timestamptz, failures integer, waiting bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select w.id, w.workspace_id, w.failing_since, w.failures,
    (select count(*) from app_public.webhook_deliveries d where d.webhook_id = w.id and d.status = 'waiting')
  from app_public.webhooks w
  where w.failing_since is not null and app_private.is_webhook_live(w)
  order by w.failing_since;
$$;
comment on function app_hidden.webhook_states() is 'The webhooks that are on and fail: since when, how often, and how many deliveries wait.';
grant execute on function app_hidden.webhook_states() to colloquy_monitor;
