-- A new secret, shown this once. For a day deliveries are signed with the former one, too, so that a receiver changes without a gap.
create or replace function app_public.rotate_webhook_secret(webhook_id uuid)
returns app_public.new_webhook
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  webhook app_public.webhooks;
  key bytea := gen_random_bytes(32);
begin
  perform app_hidden.require_session();
  webhook := app_private.lock_webhook(rotate_webhook_secret.webhook_id);
  perform app_private.require_recent_proof();
  update app_private.webhook_secrets s
  set previous_secret = s.secret, previous_until = clock_timestamp() + interval '1 day', secret = key
  where s.webhook_id = webhook.id;
  perform app_private.log_event(
    'webhook.secret_rotated', app_hidden.current_user_id(), webhook.workspace_id, 'webhook', webhook.id
  );
  return row(webhook.id, webhook.url, webhook.kinds, 'whsec_' || encode(key, 'base64'))::app_public.new_webhook;
end
$$;
comment on function app_public.rotate_webhook_secret(uuid) is
  'Gives a webhook a new secret, shown this once; the former one signs, too, for 24 hours. Errors: CQ101, CQ109, CQ110 not with an API key, CQ114 not a manager of the workspace, CQ142 prove who you are first, CQ204 no such webhook.';
grant execute on function app_public.rotate_webhook_secret(uuid) to colloquy_user, colloquy_admin;
