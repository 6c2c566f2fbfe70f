-- Who has the token reads the mailbox. The secrets of the account are locked before its token is used up: of two resets at
-- once, with one token or with two, the second finds it gone.
create or replace function app_public.reset_password(token text, new_password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  hash bytea := sha256(convert_to(left(token, 100), 'UTF8'));
  account app_public.users;
begin
  perform from app_private.user_secrets s
  join app_private.mail_tokens t on t.user_id = s.user_id
  where t.token_hash = hash and t.kind = 'reset'
  for update of s;
  delete from app_private.mail_tokens t using app_public.users u
  where t.token_hash = hash and t.kind = 'reset' and t.expires_at > clock_timestamp()
    and u.id = t.user_id and (u.is_active or app_private.may_return(u.id)) and u.email = t.email
  returning u.* into account;
  if account.id is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestPasswordReset.';
  end if;
  perform app_private.set_password(account.id, new_password);
  -- who reads the mailbox has proved it
  update app_public.users u set is_email_verified = true where u.id = account.id and not u.is_email_verified;
  if found then
    -- whoever came by an identity provider before has not, and comes in no more
    delete from app_private.user_identities i where i.user_id = account.id;
  end if;
  -- who lost control of the account, or never had it, has it now, and nobody else: the keys of programs, links to
  -- conversations and open invitations end as well, whoever made them
  update app_public.api_keys k set is_active = false where k.owner_id = account.id and k.is_active;
  update app_private.passkeys p set needs_password = true where p.user_id = account.id;
  perform app_private.end_grants(account.id);
  delete from app_private.user_sessions s where s.user_id = account.id;
  delete from app_private.sign_in_failures f
  where f.counter in (
    'account:' || app_private.counter_key(lower(account.email::text)),
    'client:' || app_private.counter_key(lower(account.email::text), app_private.client_network()::text)
  );
  perform app_private.log_event('user.password_reset', account.id);
  perform app_private.send_notice(account.id, 'password_changed');
  return true;
end
$$;
comment on function app_public.reset_password(text, text) is
  'Sets a new password by a token from a mail (a second factor stays, and passkeys sign in with the new password only), ends all sessions, links and open invitations of the account and revokes all its API keys. Errors: CQ105 too short or too long, CQ112 token unknown, used or expired, CQ130 too easily guessed.';
grant execute on function app_public.reset_password(text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
