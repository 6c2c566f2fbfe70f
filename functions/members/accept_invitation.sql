-- Whoever accepts has read the mailbox that the token went to, and is signed in with that address. Of two acceptances at once
-- one finds the invitation used.
create or replace function app_public.accept_invitation(token text)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  invitation app_public.workspace_invitations;
  result app_public.workspace_members;
begin
  perform app_hidden.require_session();
  update app_public.workspace_invitations i
  set accepted_at = clock_timestamp(), accepted_by = me
  from app_private.workspace_invitation_secrets s, app_public.users u
  where s.token_hash = sha256(convert_to(left(accept_invitation.token, 100), 'UTF8')) and i.id = s.invitation_id
    and u.id = me and u.email = i.email
    and i.accepted_at is null and i.expires_at > clock_timestamp()
  returning i.* into invitation;
  if invitation.id is null then
    raise exception 'This token is unknown, used or expired, or was sent to another address.' using errcode = 'CQ112',
      hint = 'Sign in with the address that the invitation was sent to, or ask for a new one.';
  end if;
  delete from app_private.workspace_invitation_secrets s where s.invitation_id = invitation.id;

  insert into app_public.workspace_members (workspace_id, user_id, role)
  values (invitation.workspace_id, me, invitation.role)
  on conflict do nothing
  returning * into result;
  if result.user_id is null then
    raise exception 'You are a member already.' using errcode = 'CQ115', hint = 'Name the workspace in X-Workspace-Id.';
  end if;
  return result;
end
$$;
comment on function app_public.accept_invitation(text) is
  'Joins a workspace by the token of an invitation that was sent to the caller''s address. Errors: CQ101 not signed in, CQ110 not with an API key, CQ112 token unknown, used, expired or another''s, CQ115 a member already.';
grant execute on function app_public.accept_invitation(text) to colloquy_user, colloquy_admin;
