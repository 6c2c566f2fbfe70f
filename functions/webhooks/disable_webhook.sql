-- A webhook that nobody answers is switched off, what it has waiting is given up, and the owners of its workspace are told by mail, those
-- with a proved address. updateWebhook switches it on again, and redeliverWebhooks sends what was given up.
create or replace function app_private.disable_webhook(webhook app_public.webhooks, reason text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.webhooks w
  set is_active = false, disabled_reason = left(reason, 1000), updated_at = clock_timestamp()
  where w.id = webhook.id and w.is_active;
  if not found then
    return;
  end if;
  update app_public.webhook_deliveries d
  set status = 'dead', ended_at = clock_timestamp(), last_error = coalesce(d.last_error, 'The webhook was switched off.')
  where d.workspace_id = webhook.workspace_id and d.webhook_id = webhook.id and d.status = 'waiting';
  perform app_private.send_mail(u.email, 'A webhook was switched off', format(
    E'The webhook %s of your workspace was switched off.\n\nWhy: %s\n\nCall updateWebhook(webhookId, isActive: true) when its receiver is well again, then redeliverWebhooks(webhookId).',
    webhook.id, reason
  ))
  from app_public.workspace_members m
  join app_public.users u on u.id = m.user_id
  where m.workspace_id = webhook.workspace_id and m.role = 'owner' and u.is_active and u.is_email_verified
  order by u.id;
end
$$;
comment on function app_private.disable_webhook(app_public.webhooks, text) is 'Switches a webhook off with a reason, and tells the owners of its workspace.';
