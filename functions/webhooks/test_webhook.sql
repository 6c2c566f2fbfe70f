-- Sends something harmless, on the same way as everything else.
create or replace function app_public.test_webhook(webhook_id uuid)
returns app_public.webhook_deliveries
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  webhook app_public.webhooks := app_private.lock_webhook(test_webhook.webhook_id);
  delivery app_public.webhook_deliveries;
begin
  if not app_private.is_webhook_live(webhook) then
    raise exception 'The webhook delivers nothing at present.'
      using errcode = 'CQ743', hint = 'Switch it on with updateWebhook, as an owner or admin of the workspace.';
  end if;
  insert into app_public.webhook_deliveries (workspace_id, webhook_id, kind, facts, give_up_at)
  values (webhook.workspace_id, webhook.id, 'webhook.test', jsonb_build_object('webhookId', webhook.id), now() + interval '1 hour')
  returning * into delivery;
  -- somebody waits for the answer
  update app_public.webhooks w set paused_until = null where w.id = webhook.id and w.paused_until is not null;
  perform app_private.wake_webhooks(webhook.workspace_id);
  return delivery;
end
$$;
comment on function app_public.test_webhook(uuid) is
  'Delivers webhook.test, and returns the delivery to look at. Errors: CQ101, CQ109, CQ110, CQ114 not a manager of the workspace, CQ204 no such webhook, CQ743 it is off.';
grant execute on function app_public.test_webhook(uuid) to colloquy_user, colloquy_admin;
