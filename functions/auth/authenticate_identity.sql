-- What a request may be whose token an outside identity provider has signed. The server verified the token (signature,
-- issuer, audience, times) before it calls this; the answer has the form of authenticate's, and the identity, whose id belongs to
-- the claims (colloquy.identity_id). No row: the person has signed out, or was signed out, after the token was
-- issued, or the session at the provider that the token belongs to has ended (receive_logout).
create or replace function app_hidden.authenticate_identity(
  issuer text,
  subject text,
  email text default null,
  is_email_verified boolean default false,
  display_name text default null,
  signed_in_at timestamptz default null,
  issued_at timestamptz default null,
  workspace_id uuid default null,
  client_ip inet default null,
  request_id text default null,
  client_request_id text default null,
  provider_session text default null
)
returns table (
  user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text, scopes text[],
  api_key_id uuid, identity_id uuid
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  identity app_private.user_identities;
  account app_public.users;
  member app_public.workspace_members;
  is_sign_in boolean := false;
begin
  -- the transaction of the request begins later; what is logged here belongs to it all the same
  perform set_config('colloquy.client_ip', coalesce(host(client_ip), ''), true),
    set_config('colloquy.request_id', coalesce(authenticate_identity.request_id, ''), true),
    set_config('colloquy.client_request_id', coalesce(authenticate_identity.client_request_id, ''), true);

  if app_private.has_provider_session_ended(authenticate_identity.issuer, provider_session) then
    return;
  end if;
  select i.* into identity
  from app_private.user_identities i
  where i.issuer = authenticate_identity.issuer and i.subject = authenticate_identity.subject;
  if identity.id is null then
    -- of several first requests one makes the account, and the others find it
    perform pg_advisory_xact_lock(hashtextextended(authenticate_identity.issuer || ' ' || authenticate_identity.subject, 119));
    select i.* into identity
    from app_private.user_identities i
    where i.issuer = authenticate_identity.issuer and i.subject = authenticate_identity.subject;
    if identity.id is null then
      is_sign_in := true;
      identity := app_private.add_identity(
        authenticate_identity.issuer, authenticate_identity.subject, authenticate_identity.email,
        authenticate_identity.is_email_verified, authenticate_identity.display_name, authenticate_identity.signed_in_at
      );
    end if;
  end if;

  -- a token tells the second in which it was issued
  if identity.not_before is not null and coalesce(authenticate_identity.issued_at, '-infinity') <= identity.not_before then
    return;
  end if;
  select u.* into account from app_public.users u where u.id = identity.user_id;
  -- a sign-in at the provider after somebody left brings back; a token from before does not
  if not account.is_active and not app_private.return_account(account.id, authenticate_identity.signed_in_at) then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;
  member := app_private.choose_workspace(account.id, authenticate_identity.workspace_id);

  if least(authenticate_identity.signed_in_at, now()) > identity.signed_in_at then
    -- of several requests with a new token one is the sign-in
    update app_private.user_identities i
    set signed_in_at = least(authenticate_identity.signed_in_at, now()), last_seen_at = now()
    where i.id = identity.id and i.signed_in_at < least(authenticate_identity.signed_in_at, now());
    is_sign_in := found;
  elsif identity.last_seen_at < now() - interval '1 minute' then
    update app_private.user_identities i set last_seen_at = now() where i.id = identity.id;
  end if;
  if is_sign_in then
    update app_public.users u set last_login_at = now() where u.id = account.id;
    perform app_private.log_event('user.signed_in', account.id, new_values => jsonb_build_object('issuer', identity.issuer));
  end if;

  return query select account.id, null::uuid, member.workspace_id, member.role,
    case account.role when 'admin' then 'colloquy_admin' else 'colloquy_user' end, null::text[], null::uuid, identity.id;
end
$$;
comment on function app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, timestamptz, uuid, inet, text, text, text) is
  'User, workspace and roles of somebody that an outside identity provider vouches for, with a new account at first sight. Raises CQ107 not a member of the workspace asked for, CQ108 switched off, CQ119 no account can be given, CQ131 to CQ134 not allowed to register.';
grant execute on function app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, timestamptz, uuid, inet, text, text, text) to colloquy_authenticator;
