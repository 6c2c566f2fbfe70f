-- The other half of add_second_factor, in a session. Other sessions end: they were begun with less. Returns null for a wrong code, which
-- the API turns into CQ143: raising would roll back the count of failures.
create or replace function app_public.confirm_second_factor(code text)
returns text[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  counters text[] := app_private.session_counter();
begin
  perform app_hidden.require_session();
  perform app_private.require_recent_proof();
  perform app_private.require_attempt(counters);
  perform from app_private.second_factors f where f.user_id = me and f.confirmed_at is null for update;
  if not found then
    raise exception 'There is no second factor to confirm.' using errcode = 'CQ146', hint = 'Call addSecondFactor, unless secondFactor says that there is one.';
  end if;
  if not app_private.use_code(me, confirm_second_factor.code, is_new => true) then
    perform app_private.count_failed_attempt(me, counters);
    return null;
  end if;
  delete from app_private.sign_in_failures f where f.counter = counters[1];
  perform app_private.activate_second_factor(me);
  delete from app_private.user_sessions s where s.user_id = me and s.id is distinct from app_hidden.current_session_id();
  return app_private.new_recovery_codes(me);
end
$$;
comment on function app_public.confirm_second_factor(text) is
  'Makes the second factor count by a first code, ends the other sessions, and returns ten recovery codes, shown this once. Errors: CQ101 not signed in, CQ103 too many failures, wait, CQ110 not with an API key, CQ142 prove who you are first, CQ143 wrong code (in SQL: null), CQ146 none to confirm.';
grant execute on function app_public.confirm_second_factor(text) to colloquy_user, colloquy_admin;
