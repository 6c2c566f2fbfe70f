-- Writes what happened into the outbox of every webhook that wants it, in the transaction in which it happened: it is told exactly
-- when it is true. The triggers of webhooks/…_60_publish call it, and only where some webhook is on. Never give it ids of people or
-- what people wrote: the rows outlive both. Deliberately granted to nobody.
create or replace function app_private.publish(happenings app_private.happening[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  workspaces uuid[];
begin
  with added as (
    insert into app_public.webhook_deliveries (workspace_id, webhook_id, kind, facts, give_up_at)
    select w.workspace_id, w.id, h.kind, h.facts, now() + make_interval(hours => app_hidden.setting('webhook_give_up_hours')::integer)
    from unnest(happenings) with ordinality as h (workspace_id, kind, facts, place)
    join app_public.webhooks w on w.workspace_id = h.workspace_id
    -- a workspace on its way out takes its webhooks along
    join app_public.workspaces x on x.id = h.workspace_id
    where (h.kind = any (w.kinds) or '*' = any (w.kinds)) and coalesce(w.limited_until, '-infinity') <= now() and app_private.is_webhook_live(w)
    order by h.place, w.id
    returning workspace_id
  )
  select array_agg(distinct a.workspace_id) into workspaces from added a;
  perform app_private.wake_webhooks(w.id) from unnest(workspaces) as w (id);
end
$$;
comment on function app_private.publish(app_private.happening[]) is 'Notes what happened for every webhook that tells it, and wakes the job that delivers.';
