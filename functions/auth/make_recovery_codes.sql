-- Ten new recovery codes instead of those that are left.
create or replace function app_public.make_recovery_codes()
returns text[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
begin
  perform app_hidden.require_session();
  perform app_private.require_recent_proof();
  perform from app_public.users u where u.id = me for no key update;
  if not app_private.has_second_factor(me) then
    raise exception 'The account has no second factor.' using errcode = 'CQ146', hint = 'Call addSecondFactor, or addPasskey.';
  end if;
  perform app_private.log_event('user.recovery_codes_made', me);
  perform app_private.send_notice(me, 'recovery_codes_made');
  return app_private.new_recovery_codes(me);
end
$$;
comment on function app_public.make_recovery_codes() is
  'Replaces the recovery codes by ten new ones, shown this once. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first, CQ146 no second factor.';
grant execute on function app_public.make_recovery_codes() to colloquy_user, colloquy_admin;
