-- Pauses are known to all workers (pause_provider), and are asked for in seconds, since the clocks of workers differ. It is asked
-- before every request to a service, so a database in quarantine leaves all of them alone. Only the worker may call this.
create or replace function app_hidden.provider_pause(for_provider text, for_environment text default null)
returns table (seconds double precision, reason text, kind app_hidden.provider_pause_kind)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select extract(epoch from p.paused_until - clock_timestamp())::double precision, p.reason, p.kind
  from app_hidden.provider_pauses p
  where p.provider = for_provider and p.paused_until > clock_timestamp()
  union all
  select 60, 'this database is a copy in quarantine (CQ635): ' || q.reason, 'asked'
  from (select app_private.quarantine_reason(for_environment) as reason) as q
  where q.reason is not null
  order by 1 desc
  limit 1;
$$;
comment on function app_hidden.provider_pause(text, text) is
  'For how many seconds a provider is left alone, and why; no row when it is not. In quarantine every provider is, as long as that lasts.';
grant execute on function app_hidden.provider_pause(text, text) to colloquy_worker;
