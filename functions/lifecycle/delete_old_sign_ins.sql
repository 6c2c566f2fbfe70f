-- What is remembered of sign-ins: wrong passwords that count for next to nothing by now, places that nobody signed in from for
-- long, and notices that no longer hold back another. Never a counter that still makes somebody wait.
create or replace function app_hidden.delete_old_sign_ins(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  total integer;
  decayed timestamptz := clock_timestamp() - greatest(10 * make_interval(mins => app_hidden.setting('sign_in_decay_minutes')::integer), interval '1 day');
  unused timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('sign_in_place_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.sign_in_failures f
  where f.counter in (
    select e.counter from app_private.sign_in_failures e where e.failed_at <= decayed
    order by e.failed_at limit max_rows for update skip locked
  );
  get diagnostics total = row_count;
  delete from app_private.sign_in_places p
  where (p.user_id, p.network, p.client) in (
    select e.user_id, e.network, e.client from app_private.sign_in_places e where e.last_seen_at <= unused
    order by e.last_seen_at limit max_rows - total for update skip locked
  );
  get diagnostics gone = row_count;
  total := total + gone;
  delete from app_private.account_notices n
  where n.id in (
    select e.id from app_private.account_notices e where e.id < app_hidden.uuidv7_floor(clock_timestamp() - interval '1 hour')
    order by e.id limit max_rows - total for update skip locked
  );
  get diagnostics gone = row_count;
  return total + gone;
end
$$;
comment on function app_hidden.delete_old_sign_ins(integer) is 'Removes counters of wrong passwords that have decayed, places not used for long and notices of before the last hour, at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_old_sign_ins(integer) to colloquy_worker;
