-- The first lines of what changes a webhook: a manager of its workspace, and the row locked.
create or replace function app_private.lock_webhook(webhook_id uuid)
returns app_public.webhooks
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  webhook app_public.webhooks;
begin
  perform app_private.require_manager();
  select w.* into webhook
  from app_public.webhooks w
  where w.id = lock_webhook.webhook_id and w.workspace_id = app_hidden.current_workspace_id()
  for no key update;
  if webhook.id is null then
    raise exception 'There is no such webhook.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return webhook;
end
$$;
comment on function app_private.lock_webhook(uuid) is 'A webhook of the workspace, locked. Raises CQ101, CQ109, CQ110, CQ114, CQ204.';
