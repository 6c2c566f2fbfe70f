-- Whether the operator wants a second factor of an account. A word that is none of the three means all.
create or replace function app_private.must_have_second_factor(for_user uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case app_hidden.setting('require_second_factor')
    when 'off' then false
    when 'admins' then exists (select from app_public.users u where u.id = for_user and u.role = 'admin')
    else true
  end;
$$;
comment on function app_private.must_have_second_factor(uuid) is 'Whether this installation wants a second factor of an account.';
