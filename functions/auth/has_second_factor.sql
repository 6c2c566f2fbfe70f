-- Whether a password alone is not enough for an account. A secret that no code has proved counts for nothing.
create or replace function app_private.has_second_factor(for_user uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (select from app_private.second_factors f where f.user_id = for_user and f.confirmed_at is not null)
    or exists (select from app_private.passkeys p where p.user_id = for_user);
$$;
comment on function app_private.has_second_factor(uuid) is 'Whether an account has a second factor: an authenticator app, or a passkey.';
