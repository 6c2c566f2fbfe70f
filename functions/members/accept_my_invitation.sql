-- Acceptance without the token: the verified address is the proof.
create or replace function app_public.accept_my_invitation(invitation_id uuid)
returns app_public.workspace_members
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select * from app_private.join_by_invitation(app_private.find_my_invitation(accept_my_invitation.invitation_id));
$$;
comment on function app_public.accept_my_invitation(uuid) is
  'Joins a workspace by an invitation of myInvitations. Errors: CQ101 not signed in, CQ110 not with an API key, CQ115 a member already, CQ153 address not verified, CQ204 no such invitation.';
grant execute on function app_public.accept_my_invitation(uuid) to colloquy_user, colloquy_admin;
