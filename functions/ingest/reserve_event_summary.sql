-- Before a model is asked that is paid: its tokens are set aside against budgets and quota of who brought the event in. What
-- is refused is given back: no attempt is counted, and it waits as pending, with the reason.
create or replace function app_hidden.reserve_event_summary(
  for_workspace uuid, for_event uuid, of_attempt integer, tokens bigint, cost_usd numeric
)
returns table (reservation_id uuid, refusal text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  reason text;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    return;
  end if;
  select p.reservation_id, p.refusal, p.reason into reservation_id, refusal, reason
  from app_private.reserve_paid(for_workspace, event.owner_id, reserve_event_summary.tokens, reserve_event_summary.cost_usd) as p;
  if refusal is not null then
    update app_public.raw_events e
    set processing_status = 'pending', attempts = e.attempts - 1, error = format('%s (%s)', reason, refusal),
      retry_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision)
    where e.id = for_event;
  end if;
  return next;
end
$$;
comment on function app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric) is
  'Sets tokens for the summary of an event aside. With a refusal, the event was given back and waits. No row when the attempt is not the last one any more.';
grant execute on function app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric) to colloquy_worker;
