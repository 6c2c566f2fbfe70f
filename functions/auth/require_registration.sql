-- Who may make an account, as the operator decided (settings registration, registration_domains). Asked of every way to make
-- one. A value that is none of the four closes the door. Where an invitation is needed it is the token that counts: an address
-- alone would say who is invited, and is no proof. Returns whether the address is proved, by a token that was sent there.
create or replace function app_private.require_registration(email text, invitation_token text default null, is_vouched boolean default false)
returns boolean
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  mode text := app_hidden.setting('registration');
  has_token boolean := invitation_token is not null and exists (
    select from app_private.workspace_invitation_secrets s
    join app_public.workspace_invitations i on i.id = s.invitation_id
    where s.token_hash = sha256(convert_to(left(invitation_token, 100), 'UTF8'))
      and i.email = trim(require_registration.email)::citext and i.accepted_at is null and i.expires_at > clock_timestamp()
  );
begin
  if mode = 'invitation' then
    if not has_token and not (is_vouched and exists (
      select from app_public.workspace_invitations i
      where i.email = trim(require_registration.email)::citext and i.accepted_at is null and i.expires_at > clock_timestamp()
    )) then
      raise exception 'An account needs an invitation.' using errcode = 'CQ132',
        hint = 'Have an owner of a workspace invite this address, and register with the token from the mail.';
    end if;
  elsif mode = 'domain' then
    if not lower(split_part(trim(require_registration.email), '@', 2)) = any (
      regexp_split_to_array(lower(trim(app_hidden.setting('registration_domains'))), '\s*,\s*')
    ) is true then
      raise exception 'Addresses of this domain cannot register.' using errcode = 'CQ133', hint = 'Use the address of your organisation.';
    end if;
  elsif mode <> 'open' then
    raise exception 'Nobody can register here.' using errcode = 'CQ131', hint = 'Ask whoever runs this installation for an account.';
  end if;
  if invitation_token is not null and not has_token then
    raise exception 'This token is unknown, used or expired, or was sent to another address.' using errcode = 'CQ112',
      hint = 'Register with the address that the invitation was sent to, or ask for a new one.';
  end if;
  return has_token;
end
$$;
comment on function app_private.require_registration(text, text, boolean) is
  'Raises CQ131 closed, CQ132 not invited, CQ133 another domain, CQ112 a token of no invitation. Returns whether the token proves the address.';
