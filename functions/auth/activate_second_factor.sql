-- The first code has proved the secret: from now on signing in takes one. Sign-ins that are under way begin anew.
create or replace function app_private.activate_second_factor(for_user uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_private.second_factors f set confirmed_at = now() where f.user_id = for_user;
  delete from app_private.sign_in_challenges c where c.user_id = for_user;
  perform app_private.log_event('user.second_factor_added', for_user);
  perform app_private.send_notice(for_user, 'second_factor_added');
end
$$;
comment on function app_private.activate_second_factor(uuid) is 'Makes a second factor count.';
