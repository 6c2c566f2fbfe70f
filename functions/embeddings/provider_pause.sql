-- Pauses are known to all workers (pause_provider), and are asked for in seconds, since the clocks of workers differ. Only the
-- worker may call this.
create or replace function app_hidden.provider_pause(for_provider text)
returns table (seconds double precision, reason text, kind app_hidden.provider_pause_kind)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select extract(epoch from p.paused_until - clock_timestamp())::double precision, p.reason, p.kind
  from app_hidden.provider_pauses p
  where p.provider = for_provider and p.paused_until > clock_timestamp();
$$;
comment on function app_hidden.provider_pause(text) is 'For how many seconds a provider is left alone, and why; no row when it is not.';
grant execute on function app_hidden.provider_pause(text) to colloquy_worker;
