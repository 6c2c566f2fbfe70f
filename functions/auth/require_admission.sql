-- Whether somebody who has proved who it is may sign in. Asked after the proof: before it, nobody is told what an account is. Whoever leaves
-- (delete_my_account) may, and comes back in finish_sign_in.
create or replace function app_private.require_admission(account app_public.users)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if not account.is_active and not app_private.may_return(account.id) then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;
  if not account.is_email_verified and app_private.must_verify_email() then
    raise exception 'The address of this account is not proved yet.' using errcode = 'CQ134',
      hint = 'Call verifyEmail with the token from the mail, or requestPasswordReset, which proves it, too.';
  end if;
end
$$;
comment on function app_private.require_admission(app_public.users) is
  'Raises CQ108 where an account is switched off, CQ134 where its address is not proved and has to be.';
-- Deliberately not granted: functions of signing in call it.
