-- What the sweep calls every minute: workspaces with deliveries that are due, so that what lost jobs and killed workers left is found.
-- It also holds workspaces to their deliveries of a day, for those that tell: who posts does not count.
create or replace function app_hidden.find_due_webhooks(max_workspaces integer default 1000)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  most integer := app_hidden.setting('webhook_deliveries_per_day')::integer;
  since uuid := app_hidden.uuidv7_floor(now() - interval '1 day');
begin
  perform app_private.require_batch(max_workspaces);
  update app_public.webhooks w
  set limited_until = now() + interval '5 minutes'
  from (
    select x.workspace_id
    from (select distinct a.workspace_id from app_public.webhooks a where a.is_active) as x
    cross join lateral (
      select count(*) as made
      from (select from app_public.webhook_deliveries d where d.workspace_id = x.workspace_id and d.id >= since limit most) as counted
    ) as c
    where c.made >= most
  ) as full_ones
  where w.workspace_id = full_ones.workspace_id and w.is_active;
  return query
  select distinct w.workspace_id
  from app_public.webhooks w
  where coalesce(w.paused_until, '-infinity') <= now() and app_private.is_webhook_live(w) and exists (
    select from app_public.webhook_deliveries d where d.webhook_id = w.id and d.status = 'waiting' and d.next_attempt_at <= now()
  )
  limit max_workspaces;
end
$$;
comment on function app_hidden.find_due_webhooks(integer) is 'Workspaces with deliveries of webhooks that are due. Holds those that had their deliveries of a day back.';
grant execute on function app_hidden.find_due_webhooks(integer) to colloquy_worker;
