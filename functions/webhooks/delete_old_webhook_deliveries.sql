-- Deliveries that ended are kept for webhook_delivery_days; what still waits ends by itself. Those of a webhook that rests wait for
-- nobody after their time is over.
create or replace function app_hidden.delete_old_webhook_deliveries(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  before uuid := app_hidden.uuidv7_floor(now() - make_interval(days => app_hidden.setting('webhook_delivery_days')::integer));
begin
  perform app_private.require_batch(max_rows);
  delete from app_public.webhook_deliveries d
  where d.id in (
    select x.id from app_public.webhook_deliveries x where x.id < before and (x.status <> 'waiting' or x.give_up_at <= now())
    order by x.id limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_hidden.delete_old_webhook_deliveries(integer) is 'Removes deliveries of webhooks that ended long ago, at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_old_webhook_deliveries(integer) to colloquy_worker;
