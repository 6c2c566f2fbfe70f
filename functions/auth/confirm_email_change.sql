-- The other half of request_email_change: the token proves the mailbox, and the session the person. Whoever reads a mailbox that
-- was named by mistake has no session, and takes nothing over. The old address is told.
create or replace function app_public.confirm_email_change(token text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  address citext;
begin
  perform app_hidden.require_session();
  perform from app_private.user_secrets s where s.user_id = me for update;
  delete from app_private.mail_tokens t
  where t.token_hash = sha256(convert_to(left(confirm_email_change.token, 100), 'UTF8'))
    and t.kind = 'address' and t.user_id = me and t.expires_at > clock_timestamp()
  returning t.email into address;
  if address is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestEmailChange, signed in to the same account.';
  end if;
  -- before the change: it goes to the old address
  perform app_private.send_notice(me, 'email_changed', address::text);
  begin
    update app_public.users u set email = address, is_email_verified = true where u.id = me;
  exception
    when unique_violation then
      raise exception 'There is an account with this e-mail address.' using errcode = 'CQ104', hint = 'Sign in to that one, or use another address.';
  end;
  -- what was mailed to the old address, or for another change, works no more
  delete from app_private.mail_tokens t where t.user_id = me;
  perform app_private.log_event('user.email_changed', me);
  return true;
end
$$;
comment on function app_public.confirm_email_change(text) is
  'Makes a new address the one of the caller, by the token that was mailed there. Errors: CQ101 not signed in, CQ104 it has another account, CQ110 not with an API key, CQ112 token unknown, used, expired or for somebody else.';
grant execute on function app_public.confirm_email_change(text) to colloquy_user, colloquy_admin;
