-- Removes a second factor, app and passkeys, with the recovery codes, and sign-ins that wait for it. The caller says who may.
create or replace function app_private.drop_second_factor(for_user uuid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  was_active boolean := app_private.has_second_factor(for_user);
begin
  delete from app_private.second_factors f where f.user_id = for_user;
  delete from app_private.passkeys p where p.user_id = for_user;
  delete from app_private.recovery_codes c where c.user_id = for_user;
  delete from app_private.sign_in_challenges c where c.user_id = for_user;
  if was_active then
    perform app_private.send_notice(for_user, 'second_factor_removed');
  end if;
  return was_active;
end
$$;
comment on function app_private.drop_second_factor(uuid) is 'Removes the second factor of an account: app, passkeys and recovery codes. False when there was none.';
