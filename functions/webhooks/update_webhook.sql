-- Changes a webhook; what is not given stays. Whoever changes it is responsible for it from then on: so a webhook of somebody who
-- left goes on when another manager takes it over. Switched on again, it has forgotten its failures.
create or replace function app_public.update_webhook(
  webhook_id uuid,
  url text default null,
  kinds text[] default null,
  description text default null,
  include_content boolean default null,
  is_active boolean default null
)
returns app_public.webhooks
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  webhook app_public.webhooks;
begin
  perform app_hidden.require_session();
  webhook := app_private.lock_webhook(update_webhook.webhook_id);
  perform app_private.require_recent_proof();
  perform app_private.require_webhook_address(coalesce(update_webhook.url, webhook.url));
  if char_length(update_webhook.description) > 500 then
    raise exception 'A description has at most 500 characters.' using errcode = 'CQ200', column = 'description', hint = 'Say in short what it is for.';
  end if;
  update app_public.webhooks w
  set
    url = coalesce(update_webhook.url, w.url),
    kinds = case when update_webhook.kinds is null then w.kinds else app_private.require_webhook_kinds(update_webhook.kinds) end,
    description = coalesce(trim(update_webhook.description), w.description),
    include_content = coalesce(update_webhook.include_content, w.include_content),
    is_active = coalesce(update_webhook.is_active, w.is_active),
    responsible_id = app_hidden.current_user_id(),
    disabled_reason = case when update_webhook.is_active is null then w.disabled_reason end,
    failures = 0, failing_since = null, paused_until = null, updated_at = clock_timestamp()
  where w.id = webhook.id
  returning w.* into webhook;
  perform app_private.wake_webhooks(webhook.workspace_id);
  return webhook;
end
$$;
comment on function app_public.update_webhook(uuid, text, text[], text, boolean, boolean) is
  'Changes what is given of a webhook, which is then yours to answer for. Errors: CQ101, CQ109, CQ110 not with an API key, CQ114 not a manager of the workspace, CQ142 prove who you are first, CQ200, CQ204 no such webhook, CQ740 the address, CQ742 the kinds.';
grant execute on function app_public.update_webhook(uuid, text, text[], text, boolean, boolean) to colloquy_user, colloquy_admin;
