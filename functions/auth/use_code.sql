-- Whether a code is right, which it is once: the row is locked, and the time step of a code, or the recovery code, is used up.
-- One step before and after the present one counts, for clocks that differ. A secret that is not confirmed yet counts only where it is to
-- be (is_new), and then nothing else does: where passkeys are the second factor, who has the password must not add an app of its own. A step
-- that was used while the clock was ahead is none that a code of now could have, and is forgotten: else no code would be right until then. The
-- caller counts failures.
create or replace function app_private.use_code(for_user uuid, code text, is_new boolean default false)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  factor app_private.second_factors;
  present bigint;
  used bigint;
begin
  if code is null or octet_length(code) > 100 then
    return false;
  end if;
  present := floor(extract(epoch from clock_timestamp()) / 30);
  if replace(code, ' ', '') ~ '^[0-9]{6}$' then
    select f.* into factor from app_private.second_factors f where f.user_id = for_user and (f.confirmed_at is null) = is_new for update;
    select s.step into used
    from generate_series(present - 1, present + 1) as s (step)
    where s.step > coalesce(case when factor.last_step <= present + 1 then factor.last_step end, -1) and app_private.totp_code(factor.secret, s.step) = replace(code, ' ', '')
    order by s.step
    limit 1;
    update app_private.second_factors f set last_step = used where f.user_id = for_user and used is not null;
    return found;
  end if;
  delete from app_private.recovery_codes c
  where not is_new and c.user_id = for_user and c.code_hash = app_private.recovery_code_hash(for_user, use_code.code);
  if not found then
    return false;
  end if;
  perform app_private.log_event('user.recovery_code_used', for_user);
  perform app_private.send_notice(for_user, 'recovery_code_used', (
    select count(*)::text from app_private.recovery_codes c where c.user_id = for_user
  ));
  return true;
end
$$;
comment on function app_private.use_code(uuid, text, boolean) is 'Whether a code of the authenticator app, or a recovery code, is right and was not used before; it is used now.';
