-- Counts a wrong password, and locks the account for a while after too many: the lock doubles up to an hour. The caller
-- must not raise afterwards, or the count is rolled back.
create or replace function app_private.count_failed_attempt(for_user uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  most integer := app_hidden.setting('sign_in_attempts')::integer;
begin
  update app_private.user_secrets s
  set
    failed_attempts = s.failed_attempts + 1,
    locked_until = case
      when s.failed_attempts + 1 >= most then
        clock_timestamp() + make_interval(secs => least(
          3600, app_hidden.setting('sign_in_lock_seconds')::integer * power(2, least(s.failed_attempts + 1 - most, 12))
        ))
    end
  where s.user_id = for_user;
  perform app_private.log_event('user.sign_in_failed', for_user);
end
$$;
comment on function app_private.count_failed_attempt(uuid) is 'Counts a wrong password of an account; after too many it is locked for a while.';
