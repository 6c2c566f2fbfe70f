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
  select min(e.since) into result.confirmed_at
  from (
    select f.confirmed_at from app_private.second_factors f where f.user_id = me
    union all select p.created_at from app_private.passkeys p where p.user_id = me
  ) as e (since);
  result.is_active := result.confirmed_at is not null;
  select count(*) into result.recovery_codes_left from app_private.recovery_codes c where c.user_id = me;
  result.is_required := app_private.must_have_second_factor(me);
  return result;
end
$$;
comment on function app_public.second_factor() is 'The second factor of the caller. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.second_factor() to colloquy_user, colloquy_admin;
