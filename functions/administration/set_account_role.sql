-- Makes somebody an administrator of the installation, or takes it back. It opens no tenant: an administrator reads what a member
-- of a workspace may, and only where it is one. Security definer: nobody may write a role. The audit log has the change by trigger.
create or replace function app_public.set_account_role(account_id uuid, role app_public.user_role)
returns app_public.users
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users;
begin
  perform app_private.require_installation_session();
  if set_account_role.role <> 'admin' then
    perform app_private.keep_an_administrator(account_id);
  end if;
  account := app_private.account_by_id(account_id);
  if account.role is distinct from set_account_role.role then
    update app_public.users u set role = set_account_role.role where u.id = account.id returning u.* into account;
  end if;
  return account;
end
$$;
comment on function app_public.set_account_role(uuid, app_public.user_role) is
  'Makes an account an administrator of the installation, or an ordinary one. Errors: CQ101 not signed in, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ160 the last one, CQ204 no such account.';
grant execute on function app_public.set_account_role(uuid, app_public.user_role) to colloquy_admin;
