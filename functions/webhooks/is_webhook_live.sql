-- A webhook is somebody's: it does nothing while that person does not manage the workspace, or has the account switched off, so
-- that who was removed is not told any more. Asked when something happens and again when it is sent.
create or replace function app_private.is_webhook_live(webhook app_public.webhooks)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select webhook.is_active and exists (
    select
    from app_public.workspace_members m
    join app_public.users u on u.id = m.user_id
    where m.workspace_id = webhook.workspace_id and m.user_id = webhook.responsible_id and m.role in ('owner', 'admin') and u.is_active
  );
$$;
comment on function app_private.is_webhook_live(app_public.webhooks) is 'Whether a webhook is on, and of somebody who manages its workspace now.';
