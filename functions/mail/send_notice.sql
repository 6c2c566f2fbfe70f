-- Tells a person by mail what happened to the account, in the caller's transaction. All its texts stand here. Only to an address
-- that is proved, or strangers could have anybody mailed; and only so many of a kind in an hour.
create or replace function app_private.send_notice(for_user uuid, kind text, detail text default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  recipient text;
  what text;
begin
  if app_hidden.setting('account_notices') <> 'on' then
    return;
  end if;
  select u.email into recipient from app_public.users u where u.id = for_user and u.is_email_verified for no key update;
  if recipient is null or app_hidden.setting('account_notices_per_hour')::integer <= (
    select count(*) from app_private.account_notices n
    where n.user_id = for_user and n.kind = send_notice.kind and n.created_at > clock_timestamp() - interval '1 hour'
  ) then
    return;
  end if;
  insert into app_private.account_notices (user_id, kind) values (for_user, send_notice.kind);
  what := case send_notice.kind
    when 'sign_in' then 'Somebody signed in to your account from a place that it was not used from before.'
    when 'password_changed' then 'The password of your account was changed.'
    when 'email_changed' then 'The address of your account was changed to ' || detail || '. This one is not used any more.'
    when 'identity_linked' then 'An account of an identity provider was joined to yours: ' || detail
    when 'api_key_made' then 'An API key that acts for you was made: ' || detail
    when 'second_factor_added' then 'A second factor was added to your account.'
    when 'second_factor_removed' then 'The second factor of your account was removed.'
    when 'passkey_added' then 'A passkey was added to your account. It signs in without your password.'
    when 'passkey_removed' then 'A passkey of your account was removed.'
    when 'recovery_codes_made' then 'New recovery codes were made for your account. Those from before work no more.'
    when 'recovery_code_used' then 'A recovery code of your account was used. There are ' || detail || ' left.'
    when 'account_leaving' then 'Your account is off, and will be erased after ' || detail || '. Signing in before keeps it.'
    when 'account_returned' then 'Your account is on again, and will not be erased. Its API keys and links have ended.'
    when 'codes_wrong' then 'Somebody gave the right password of your account, and five wrong codes.'
  end;
  perform app_private.send_mail(recipient, 'Your account at Colloquy', format(
    E'%s\n\nWhen: %s\nFrom: %s, %s\n\nIf it was not you, %s',
    what, to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
    coalesce(nullif(current_setting('colloquy.client_ip', true), ''), 'an unknown address'),
    app_private.client_label(nullif(current_setting('colloquy.user_agent', true), '')),
    case send_notice.kind
      when 'email_changed' then 'ask the operator of this installation for help.'
      else 'ask for a new password (requestPasswordReset): that ends all sessions and API keys, and no passkey signs in without it.'
    end
  ));
end
$$;
comment on function app_private.send_notice(uuid, text, text) is 'Mails a notice about an account to its proved address, a few of a kind in an hour at most.';
