-- An open invitation to the caller's verified address, locked. One to somebody else is as if it were not there.
create or replace function app_private.find_my_invitation(invitation_id uuid)
returns app_public.workspace_invitations
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me app_public.users;
  result app_public.workspace_invitations;
begin
  perform app_hidden.require_session();
  select u.* into me from app_public.users u where u.id = app_hidden.current_user_id();
  if not me.is_email_verified then
    raise exception 'Your address is not verified.' using errcode = 'CQ153', hint = 'Call requestEmailVerification, or accept with the token of the mail.';
  end if;
  select i.* into result
  from app_public.workspace_invitations i
  where i.id = find_my_invitation.invitation_id and i.email = me.email and i.accepted_at is null and i.expires_at > clock_timestamp()
    and app_private.may_invite(i)
  for update;
  if result.id is null then
    raise exception 'There is no such open invitation.' using errcode = 'CQ204', hint = 'List yours: myInvitations.';
  end if;
  return result;
end
$$;
comment on function app_private.find_my_invitation(uuid) is 'An open invitation to the caller''s verified address. Raises CQ101, CQ110, CQ153, CQ204.';
