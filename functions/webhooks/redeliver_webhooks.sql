-- Has what was given up delivered again, or one delivery whatever became of it. Its id stays, so a receiver that had it knows.
create or replace function app_public.redeliver_webhooks(webhook_id uuid, delivery_id uuid default null)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  webhook app_public.webhooks := app_private.lock_webhook(redeliver_webhooks.webhook_id);
  again integer;
begin
  if not app_private.is_webhook_live(webhook) then
    raise exception 'The webhook delivers nothing at present.'
      using errcode = 'CQ743', hint = 'Switch it on with updateWebhook, as an owner or admin of the workspace.';
  end if;
  update app_public.webhook_deliveries d
  set status = 'waiting', attempts = 0, next_attempt_at = now(), ended_at = null,
    give_up_at = now() + make_interval(hours => app_hidden.setting('webhook_give_up_hours')::integer)
  where d.id in (
    select x.id
    from app_public.webhook_deliveries x
    where x.workspace_id = webhook.workspace_id and x.webhook_id = webhook.id
      and case when delivery_id is null then x.status = 'dead' else x.id = delivery_id and x.status <> 'waiting' end
    order by x.id
    limit 10000
    for no key update
  );
  get diagnostics again = row_count;
  if again = 0 and delivery_id is not null then
    raise exception 'There is no such delivery that has ended.' using errcode = 'CQ204', hint = 'Check the id; one that waits is tried by itself.';
  end if;
  perform app_private.wake_webhooks(webhook.workspace_id);
  return again;
end
$$;
comment on function app_public.redeliver_webhooks(uuid, uuid) is
  'Delivers again what was given up, the oldest 10,000, or one delivery. Returns how many. Errors: CQ101, CQ109, CQ110, CQ114 not a manager of the workspace, CQ204 no such webhook or delivery, CQ743 it is off.';
grant execute on function app_public.redeliver_webhooks(uuid, uuid) to colloquy_user, colloquy_admin;
