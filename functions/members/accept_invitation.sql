-- Who accepts has the token, which went to the address or was handed over, and is signed in with that address; and who invited
-- could do so now. Of two acceptances at once one finds the invitation used.
create or replace function app_public.accept_invitation(token text)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  invitation app_public.workspace_invitations;
begin
  perform app_hidden.require_session();
  select i.* into invitation
  from app_private.workspace_invitation_secrets s
  join app_public.workspace_invitations i on i.id = s.invitation_id
  join app_public.users u on u.id = app_hidden.current_user_id() and u.email = i.email
  where s.token_hash = sha256(convert_to(left(accept_invitation.token, 100), 'UTF8')) and i.accepted_at is null and i.expires_at > clock_timestamp()
    and app_private.may_invite(i)
  for update of i;
  if invitation.id is null then
    raise exception 'This token is unknown, used or expired, was sent to another address, or by somebody who no longer may.' using errcode = 'CQ112',
      hint = 'Sign in with the address that the invitation was sent to, or ask for a new one.';
  end if;
  return app_private.join_by_invitation(invitation);
end
$$;
comment on function app_public.accept_invitation(text) is
  'Joins a workspace by the token of an invitation that was sent to the caller''s address. Errors: CQ101 not signed in, CQ110 not with an API key, CQ112 token unknown, used, expired, another''s or of somebody who no longer may invite, CQ115 a member already.';
grant execute on function app_public.accept_invitation(text) to colloquy_user, colloquy_admin;
