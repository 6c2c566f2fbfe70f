-- Pauses of providers, known to all workers and kept over a restart. In seconds and not as times, since the clocks of
-- workers differ. One provider's pause says nothing about another. Only the worker may call this.
create or replace function app_hidden.pause_provider(
  for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind default 'asked'
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.provider_pauses as p (provider, kind, reason, paused_at, paused_until)
  values (
    for_provider, pause_provider.kind, left(pause_provider.reason, 1000), clock_timestamp(),
    clock_timestamp() + make_interval(secs => least(greatest(seconds, 0), 3600))
  )
  on conflict on constraint provider_pauses_pkey do update
  set kind = excluded.kind, reason = excluded.reason, paused_until = excluded.paused_until,
    paused_at = case when p.paused_until > clock_timestamp() then p.paused_at else excluded.paused_at end
  -- a pause that is already longer stays as it is
  where p.paused_until < excluded.paused_until;
$$;
comment on function app_hidden.pause_provider(text, double precision, text, app_hidden.provider_pause_kind) is
  'Has all workers leave a provider alone, an hour at most.';
grant execute on function app_hidden.pause_provider(text, double precision, text, app_hidden.provider_pause_kind) to colloquy_worker;
