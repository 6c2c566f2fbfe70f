-- The token is used up by the update that looks for it: of two at once the second finds it gone.
create or replace function app_public.reset_password(token text, new_password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account uuid;
begin
  update app_private.user_secrets s
  set
    password_hash = app_private.hash_password(new_password), failed_attempts = 0, locked_until = null,
    reset_token_hash = null, reset_expires_at = null
  from app_public.users u
  where s.reset_token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and s.reset_expires_at > clock_timestamp()
    and u.id = s.user_id and u.is_active
  returning s.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestPasswordReset.';
  end if;
  -- who reads the mailbox has proved it
  update app_public.users u set is_email_verified = true where u.id = account and not u.is_email_verified;
  if found then
    -- whoever came by an identity provider before has not, and comes in no more
    delete from app_private.user_identities i where i.user_id = account;
  end if;
  -- who lost control of the account, or never had it, has it now, and nobody else: the keys of programs, links to
  -- conversations and open invitations end as well, whoever made them
  update app_public.api_keys k set is_active = false where k.owner_id = account and k.is_active;
  perform app_private.end_grants(account);
  delete from app_private.user_sessions s where s.user_id = account;
  perform app_private.log_event('user.password_reset', account);
  return true;
end
$$;
comment on function app_public.reset_password(text, text) is
  'Sets a new password by a token from a mail, ends all sessions, links and open invitations of the account and revokes all its API keys. Errors: CQ105 too short or too long, CQ112 token unknown, used or expired.';
grant execute on function app_public.reset_password(text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
