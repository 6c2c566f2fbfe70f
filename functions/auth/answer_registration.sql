-- Makes the account that somebody asked for, and mails the token that proves its address. Where there is one already its mailbox
-- is told so, and nothing changes.
create or replace function app_private.answer_registration(request app_private.account_requests)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
begin
  if exists (select from app_public.users u where u.email = request.email) then
    perform app_private.queue_mail(
      'already_registered', request.email::text, '{}', app_private.mail_turn('already_registered', request.email::text)
    );
    return;
  end if;
  -- a user name that was given away in the meantime is left out: it can be chosen later
  if exists (select from app_public.users u where u.username = request.username) then
    request.username := null;
  end if;
  account := app_private.create_account(request.email::text, request.password_hash, request.username::text, request.display_name, false);
  perform app_private.send_verification(account);
end
$$;
comment on function app_private.answer_registration(app_private.account_requests) is 'Makes an account that was asked for, or tells its mailbox that there is one.';
