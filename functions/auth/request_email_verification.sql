-- Proves that a person reads its address. The token goes there and nowhere else.
create or replace function app_public.request_email_verification()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me app_public.users;
begin
  perform app_hidden.require_session(), app_private.require_mail();
  select u.* into me from app_public.users u where u.id = app_hidden.current_user_id();
  if me.is_email_verified then
    return false;
  end if;
  perform app_private.send_verification(me);
  return true;
end
$$;
comment on function app_public.request_email_verification() is
  'Mails a token that verifies the address, at most one a minute. False when it is verified already. Errors: CQ101 not signed in, CQ110 not with an API key, CQ152 no mail is sent here.';
grant execute on function app_public.request_email_verification() to colloquy_user, colloquy_admin;
