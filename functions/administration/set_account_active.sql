-- Switches an account off, or on again. Switched off, nothing acts for it from the next request on: sessions end, and keys and links
-- stop (docs/tenancy.md). What it owns stays, for the workspace and for the day that it is switched on. Security definer: nobody may
-- write it. The audit log has the change by trigger.
create or replace function app_public.set_account_active(account_id uuid, is_active boolean)
returns app_public.users
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted boolean := coalesce(set_account_active.is_active, false);
  account app_public.users;
begin
  perform app_private.require_installation_session();
  if not wanted then
    if account_id = app_hidden.current_user_id() then
      raise exception 'You cannot switch off your own account.' using errcode = 'CQ161', hint = 'Have another administrator do it.';
    end if;
    perform app_private.keep_an_administrator(account_id);
  end if;
  account := app_private.account_by_id(account_id);
  -- of somebody who leaves: switched on it stays, switched off nobody comes back by signing in
  if wanted then
    delete from app_hidden.pending_erasures p where p.user_id = account.id and p.step = 'grace';
  else
    update app_hidden.pending_erasures p set may_return = false where p.user_id = account.id and p.step = 'grace';
  end if;
  if account.is_active <> wanted then
    update app_public.users u set is_active = wanted where u.id = account.id returning u.* into account;
    if not wanted then
      delete from app_private.user_sessions s where s.user_id = account.id;
    end if;
  end if;
  return account;
end
$$;
comment on function app_public.set_account_active(uuid, boolean) is
  'Switches an account off, which ends its sessions, or on again, which also keeps one that waits to be erased. Errors: CQ101 not signed in, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ160 the last one, CQ161 the own account, CQ204 no such account.';
grant execute on function app_public.set_account_active(uuid, boolean) to colloquy_admin;
