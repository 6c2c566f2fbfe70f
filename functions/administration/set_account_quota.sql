-- What an account may spend in a month, in all its workspaces together; null is no limit. Security definer: nobody may write it. The
-- audit log has the change by trigger.
create or replace function app_public.set_account_quota(account_id uuid, monthly_token_quota bigint default null, monthly_cost_quota_usd numeric default null)
returns app_public.users
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users;
begin
  perform app_private.require_installation_session();
  if set_account_quota.monthly_token_quota < 0 or not (set_account_quota.monthly_cost_quota_usd between 0 and 999999) then
    raise exception 'A quota is from 0 on, and of US dollars at most 999999.' using errcode = 'CQ200', hint = 'Leave out what has no limit.';
  end if;
  account := app_private.account_by_id(account_id);
  update app_public.users u
  set monthly_token_quota = set_account_quota.monthly_token_quota, monthly_cost_quota_usd = set_account_quota.monthly_cost_quota_usd
  where u.id = account.id
  returning u.* into account;
  return account;
end
$$;
comment on function app_public.set_account_quota(uuid, bigint, numeric) is
  'Sets what an account may spend in a month; what is left out has no limit. Errors: CQ101 not signed in, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ200 below zero, CQ204 no such account.';
grant execute on function app_public.set_account_quota(uuid, bigint, numeric) to colloquy_admin;
