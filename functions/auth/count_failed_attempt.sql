-- Counts a wrong password, for an account that exists (for_user) or not. Failures decay: each is worth half after a while, so
-- that what was tried long ago locks nobody. The caller must not raise afterwards, or the count is rolled back.
create or replace function app_private.count_failed_attempt(for_user uuid, counters text[])
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  insert into app_private.sign_in_failures as f (counter, failures, failed_at)
  select c.counter, 1, clock_timestamp()
  from unnest(counters) as c (counter)
  order by c.counter
  on conflict (counter) do update set
    failures = 1 + f.failures * power(0.5, greatest(0, least(1000, extract(epoch from excluded.failed_at - f.failed_at)
      / (60 * app_hidden.setting('sign_in_decay_minutes')::double precision)))),
    failed_at = excluded.failed_at;
  select app_private.log_event('user.sign_in_failed', for_user);
$$;
comment on function app_private.count_failed_attempt(uuid, text[]) is 'Counts a wrong password; after too many the next attempt waits.';
