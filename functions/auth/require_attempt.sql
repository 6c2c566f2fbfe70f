-- Lets an attempt go on, or says how long to wait (CQ103). Attempts on the first counter go one after the other until their
-- transactions end, so that of twenty at once no more are tried than of twenty in a row. The others are read without a lock:
-- strangers must not be able to keep the owner waiting for a row.
create or replace function app_private.require_attempt(counters text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  first_wait constant integer := app_hidden.setting('sign_in_lock_seconds')::integer;
  pause_ends timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended(counters[1], 103));
  select max(f.failed_at + make_interval(secs => least(
    case l.kind when 'known' then first_wait when 'account' then 900 else 3600 end,
    first_wait * power(2, least(round(f.failures) - l.most, 12))
  )))
  into pause_ends
  from app_private.sign_in_failures f
  cross join lateral (values (split_part(f.counter, ':', 1), case split_part(f.counter, ':', 1)
    when 'account' then app_hidden.setting('sign_in_account_attempts')::integer
    when 'network' then app_hidden.setting('sign_in_network_attempts')::integer
    else app_hidden.setting('sign_in_attempts')::integer
  end)) as l (kind, most)
  where f.counter = any (counters) and round(f.failures) >= l.most;
  if pause_ends > clock_timestamp() then
    raise exception 'Too many failed attempts.' using errcode = 'CQ103',
      hint = format('Try again in %s seconds.', ceil(extract(epoch from pause_ends - clock_timestamp())));
  end if;
end
$$;
comment on function app_private.require_attempt(text[]) is 'Raises CQ103 while one of the counters has too many failures.';
