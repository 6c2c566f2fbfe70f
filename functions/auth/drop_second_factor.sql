-- Removes a second factor with its recovery codes, and sign-ins that wait for it. The caller says who may.
create or replace function app_private.drop_second_factor(for_user uuid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  was_active boolean;
begin
  delete from app_private.second_factors f where f.user_id = for_user returning f.confirmed_at is not null into was_active;
  delete from app_private.sign_in_challenges c where c.user_id = for_user;
  if was_active then
    perform app_private.send_notice(for_user, 'second_factor_removed');
  end if;
  return coalesce(was_active, false);
end
$$;
comment on function app_private.drop_second_factor(uuid) is 'Removes the second factor of an account. False when there was none.';
