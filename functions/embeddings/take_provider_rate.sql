-- The rate limit of a provider, kept by all workers together: two buckets, for requests and tokens. A bucket holds a sixth of
-- what a minute allows and is filled with the rest within a minute, so that no minute ever sees more requests than allowed.
-- A request of more tokens than the bucket holds waits until it is full, and those after it pay.
create or replace function app_hidden.take_provider_rate(
  for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision
)
returns double precision
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  request_room double precision := greatest(requests_per_minute / 6, 1);
  token_room double precision := greatest(tokens_per_minute / 6, 1);
  -- per second; half of it at least, for limits so low that the bucket holds all of them
  request_flow double precision := greatest(requests_per_minute - request_room, requests_per_minute / 2) / 60;
  token_flow double precision := greatest(tokens_per_minute - token_room, tokens_per_minute / 2) / 60;
  bucket app_hidden.provider_rates;
  passed double precision;
  wait double precision;
begin
  if coalesce(requests_per_minute, 1) <= 0 or coalesce(tokens_per_minute, 1) <= 0 then
    raise exception 'A rate limit is more than nothing.' using errcode = 'CQ200', hint = 'Pass null for no limit.';
  end if;
  insert into app_hidden.provider_rates (provider, requests, tokens, refilled_at)
  values (for_provider, coalesce(request_room, 0), coalesce(token_room, 0), clock_timestamp())
  on conflict on constraint provider_rates_pkey do nothing;
  select r.* into bucket from app_hidden.provider_rates r where r.provider = for_provider for no key update;
  passed := greatest(extract(epoch from clock_timestamp() - bucket.refilled_at)::double precision, 0);
  bucket.requests := coalesce(least(bucket.requests + passed * request_flow, request_room), 0);
  bucket.tokens := coalesce(least(bucket.tokens + passed * token_flow, token_room), 0);
  wait := greatest(
    coalesce((1 - bucket.requests) / request_flow, 0),
    coalesce((least(wanted_tokens, token_room) - bucket.tokens) / token_flow, 0),
    0
  );
  -- what is missing after a rounding is not waited for
  if wait < 0.001 then
    wait := 0;
    bucket.requests := bucket.requests - 1;
    bucket.tokens := bucket.tokens - wanted_tokens;
  end if;
  update app_hidden.provider_rates r
  set requests = bucket.requests, tokens = bucket.tokens, refilled_at = clock_timestamp()
  where r.provider = for_provider;
  return wait;
end
$$;
comment on function app_hidden.take_provider_rate(text, double precision, double precision, double precision) is
  'Takes a request out of what a provider may be asked for: 0 when it may begin, else the seconds to wait before asking again. A limit of null is none. Error: CQ200.';
grant execute on function app_hidden.take_provider_rate(text, double precision, double precision, double precision) to colloquy_worker;
