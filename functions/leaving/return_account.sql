-- Somebody who leaves has signed in, and stays. Never one whose erasure is just being begun: that has the row, and nobody waits for it.
create or replace function app_private.return_account(person uuid, signed_in_at timestamptz default clock_timestamp())
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from app_hidden.pending_erasures p
  where p.user_id = person and p.step = 'grace' and p.may_return and p.requested_at < return_account.signed_in_at
  for update skip locked;
  if not found then
    return false;
  end if;
  delete from app_hidden.pending_erasures p where p.user_id = person;
  update app_public.users u set is_active = true where u.id = person;
  perform app_private.log_event('account.returned', person);
  perform app_private.send_notice(person, 'account_returned');
  return true;
end
$$;
comment on function app_private.return_account(uuid, timestamptz) is 'Takes back the wish of somebody to be erased who has signed in since, and switches the account on; whether there was one to take back.';
-- Deliberately not granted: functions of signing in call it.
