-- Whether an account can be used before its address is proved. Where a domain decides who may register it never can: anybody
-- could state an address of that domain.
create or replace function app_private.must_verify_email()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select app_hidden.setting('require_verified_email') = 'on' or app_hidden.setting('registration') = 'domain';
$$;
comment on function app_private.must_verify_email() is 'Whether accounts whose address is not proved cannot sign in.';
