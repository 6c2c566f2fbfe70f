-- At first sight the person gets an account with a personal workspace. An account that exists is joined by its address only
-- when both sides have proved it: a provider that lets anybody state any address would open the accounts of others, and so
-- would an account here that a stranger made in advance for an address that it cannot read.
create or replace function app_private.add_identity(
  issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamptz
)
returns app_private.user_identities
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
  identity app_private.user_identities;
  is_new boolean;
begin
  select u.* into account from app_public.users u where u.email = trim(add_identity.email)::citext;
  is_new := account.id is null;
  if is_new then
    perform app_private.require_registration(
      case when app_hidden.setting('registration') <> 'domain' or add_identity.is_email_verified then add_identity.email end,
      is_vouched => coalesce(add_identity.is_email_verified, false)
    );
    if not coalesce(add_identity.is_email_verified, false) and app_private.must_verify_email() then
      raise exception 'The identity provider does not vouch for your address.' using errcode = 'CQ134', hint = 'Have it verified there.';
    end if;
  end if;
  if not is_new and not (account.is_email_verified and coalesce(add_identity.is_email_verified, false)) then
    raise exception 'There is an account with this e-mail address, and it is not proved that it is yours.' using errcode = 'CQ119',
      hint = 'Sign in to that account and verify its address; the identity provider has to vouch for the address, too.';
  end if;
  if is_new then
    begin
      insert into app_public.users (email, is_email_verified, display_name)
      values (trim(add_identity.email), coalesce(add_identity.is_email_verified, false), nullif(trim(left(add_identity.display_name, 255)), ''))
      returning * into account;
    exception
      when check_violation or not_null_violation then
        raise exception 'The token of the identity provider has no e-mail address that can be used.' using errcode = 'CQ119',
          hint = 'Have the provider put the claim "email" into its tokens.';
      when unique_violation then
        raise exception 'There is an account with this e-mail address, and it is not proved that it is yours.' using errcode = 'CQ119',
          hint = 'Try again, or sign in to that account and verify its address.';
    end;
    -- a password that nobody knows: requestPasswordReset gives one to who reads the address
    insert into app_private.user_secrets (user_id, password_hash)
    values (account.id, app_private.hash_password(encode(gen_random_bytes(32), 'hex')));
    perform app_private.create_personal_workspace(account.id);
  end if;
  insert into app_private.user_identities (user_id, issuer, subject, signed_in_at)
  values (account.id, add_identity.issuer, add_identity.subject, coalesce(least(add_identity.signed_in_at, now()), now()))
  returning * into identity;
  perform app_private.log_event(
    case when is_new then 'user.registered' else 'user.identity_linked' end, account.id,
    new_values => jsonb_build_object('issuer', identity.issuer, 'subject', identity.subject)
  );
  if not is_new then
    perform app_private.send_notice(account.id, 'identity_linked', identity.issuer);
  end if;
  return identity;
end
$$;
comment on function app_private.add_identity(text, text, text, boolean, text, timestamptz) is
  'Makes an account for somebody who is seen for the first time, or joins the one with the same proved address. Raises CQ119, and what require_registration raises.';
