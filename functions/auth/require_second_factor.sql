-- Of sessions alone: API keys are made in one, and an identity provider asks for what it wants.
create or replace function app_private.require_second_factor(for_user uuid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_private.must_have_second_factor(for_user) and not app_private.has_second_factor(for_user) then
    raise exception 'This installation wants a second factor of your account.' using errcode = 'CQ141',
      hint = 'Call signIn without the header Authorization: with its challenge you can add one (addSecondFactor, confirmSignIn).';
  end if;
end
$$;
comment on function app_private.require_second_factor(uuid) is 'Raises CQ141 for an account without the second factor that the installation wants of it.';
