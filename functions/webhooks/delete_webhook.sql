-- Ends a webhook, with its secret and what it had not told yet.
create or replace function app_public.delete_webhook(webhook_id uuid)
returns app_public.webhooks
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  webhook app_public.webhooks := app_private.lock_webhook(delete_webhook.webhook_id);
begin
  delete from app_public.webhooks w where w.id = webhook.id;
  return webhook;
end
$$;
comment on function app_public.delete_webhook(uuid) is
  'Ends a webhook, and what it had not delivered yet. Errors: CQ101, CQ109, CQ110, CQ114 not a manager of the workspace, CQ204 no such webhook.';
grant execute on function app_public.delete_webhook(uuid) to colloquy_user, colloquy_admin;
