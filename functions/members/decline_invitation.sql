-- The invited person says no. The entry goes; the audit log of the workspace has it.
create or replace function app_public.decline_invitation(invitation_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  invitation app_public.workspace_invitations := app_private.find_my_invitation(decline_invitation.invitation_id);
begin
  delete from app_public.workspace_invitations i where i.id = invitation.id;
  perform app_private.give_up_invitation_mail(invitation.workspace_id, invitation.email::text);
  return true;
end
$$;
comment on function app_public.decline_invitation(uuid) is
  'Declines an invitation of myInvitations. Errors: CQ101 not signed in, CQ110 not with an API key, CQ153 address not verified, CQ204 no such invitation.';
grant execute on function app_public.decline_invitation(uuid) to colloquy_user, colloquy_admin;
