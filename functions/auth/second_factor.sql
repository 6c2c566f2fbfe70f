-- What the caller's account has. Security definer: the tables are closed.
create or replace function app_public.second_factor()
returns app_public.second_factor_state
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  result app_public.second_factor_state;
begin
  perform app_hidden.require_session();
  select f.confirmed_at into result.confirmed_at from app_private.second_factors f where f.user_id = me;
  result.is_active := result.confirmed_at is not null;
  select count(*) into result.recovery_codes_left from app_private.recovery_codes c where c.user_id = me;
  result.is_required := app_private.must_have_second_factor(me);
  return result;
end
$$;
comment on function app_public.second_factor() is 'The second factor of the caller. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.second_factor() to colloquy_user, colloquy_admin;
