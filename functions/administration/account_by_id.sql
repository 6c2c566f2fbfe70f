-- The account that an administrator names, locked: two changes of the same account come one after the other.
create or replace function app_private.account_by_id(account_id uuid)
returns app_public.users
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users;
begin
  select u.* into account from app_public.users u where u.id = account_id for no key update;
  if account.id is null then
    raise exception 'There is no such account.' using errcode = 'CQ204', hint = 'List the accounts: allAccounts, or npm run users -- list.';
  end if;
  return account;
end
$$;
comment on function app_private.account_by_id(uuid) is 'The account, locked. Raises CQ204.';
