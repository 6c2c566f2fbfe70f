-- The job says what became of an attempt, with its number: one that was taken for dead and comes late changes nothing. A delivery that
-- was not accepted waits longer each time, by chance up to a half more or less, or as long as the receiver asks for, and its webhook a while.
-- Only the worker may call it.
create or replace function app_hidden.settle_webhook_delivery(
  for_workspace uuid,
  delivery_id uuid,
  of_attempt integer,
  http_status integer default null,
  error text default null,
  retry_after integer default null,
  is_gone boolean default false
)
returns app_public.webhook_delivery_status
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  delivery app_public.webhook_deliveries;
  webhook app_public.webhooks;
  is_over boolean;
  asked interval := make_interval(secs => least(coalesce(retry_after, 0), 86400));
begin
  -- before the delivery: who switches a webhook off, or redelivers, takes the same order
  perform from app_public.webhooks w
  join app_public.webhook_deliveries d on d.webhook_id = w.id
  where d.workspace_id = for_workspace and d.id = delivery_id
  for no key update of w;
  select d.* into delivery
  from app_public.webhook_deliveries d
  where d.workspace_id = for_workspace and d.id = delivery_id and d.status = 'waiting' and d.attempts = of_attempt
  for no key update;
  if delivery.id is null then
    return null;
  end if;
  is_over := delivery.give_up_at <= now() or delivery.attempts >= app_hidden.setting('webhook_attempts')::integer;
  update app_public.webhook_deliveries d
  set
    status = case
      when settle_webhook_delivery.error is null then 'delivered'::app_public.webhook_delivery_status when is_over or is_gone then 'dead' else 'waiting'
    end,
    ended_at = case when settle_webhook_delivery.error is null or is_over or is_gone then clock_timestamp() end,
    last_status = http_status, last_error = left(settle_webhook_delivery.error, 500),
    next_attempt_at = clock_timestamp() + greatest(asked, make_interval(secs => least(30 * power(2, d.attempts - 1), 21600) * (0.5 + random())))
  where d.id = delivery.id
  returning d.* into delivery;
  update app_public.webhooks w
  set
    failures = case when settle_webhook_delivery.error is null then 0 else w.failures + 1 end,
    failing_since = case when settle_webhook_delivery.error is not null then coalesce(w.failing_since, clock_timestamp()) end,
    last_error = case when settle_webhook_delivery.error is null then w.last_error else delivery.last_error end,
    last_delivered_at = case when settle_webhook_delivery.error is null then clock_timestamp() else w.last_delivered_at end,
    paused_until = case when settle_webhook_delivery.error is not null
      then clock_timestamp() + greatest(asked, make_interval(secs => least(2 * power(2, least(w.failures, 20)), 900) * (0.5 + random()))) end
  where w.id = delivery.webhook_id
  returning w.* into webhook;
  if is_gone or webhook.failing_since < now() - make_interval(hours => app_hidden.setting('webhook_disable_hours')::integer) then
    perform app_private.disable_webhook(
      webhook, case when is_gone then 'The receiver says that it is gone (410).' else 'Every attempt failed for days: ' || delivery.last_error end
    );
  end if;
  return delivery.status;
end
$$;
comment on function app_hidden.settle_webhook_delivery(uuid, uuid, integer, integer, text, integer, boolean) is
  'Says what became of an attempt: without an error it was accepted. Returns how far the delivery is then, null when the attempt is not the last one any more.';
grant execute on function app_hidden.settle_webhook_delivery(uuid, uuid, integer, integer, text, integer, boolean) to colloquy_worker;
