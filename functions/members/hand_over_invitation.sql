-- A token of an open invitation to pass on by hand, where mail does not get through or there is none. It replaces the one before.
-- Who hands it over vouches for it from then on, whoever invited before. Only in a session: a key that leaked must not make new members. Acceptance still wants an account with the invited address.
create or replace function app_public.hand_over_invitation(invitation_id uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqi_' || encode(gen_random_bytes(32), 'hex');
  caller app_public.workspace_members;
  invitation app_public.workspace_invitations;
begin
  perform app_hidden.require_session();
  caller := app_private.lock_workspace();
  select i.* into invitation
  from app_public.workspace_invitations i
  where i.id = hand_over_invitation.invitation_id and i.workspace_id = caller.workspace_id and i.accepted_at is null and i.expires_at > clock_timestamp()
  for update;
  if invitation.id is null then
    raise exception 'There is no such open invitation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  perform app_private.require_rank(caller, invitation.role);
  insert into app_private.workspace_invitation_secrets as s (invitation_id, token_hash)
  values (invitation.id, sha256(convert_to(token, 'UTF8')))
  on conflict on constraint workspace_invitation_secrets_pkey do update set token_hash = excluded.token_hash;
  update app_public.workspace_invitations i set invited_by = caller.user_id, api_key_id = null where i.id = invitation.id;
  perform app_private.log_event(
    'invitation.handed_over', caller.user_id, caller.workspace_id, entity_type => 'invitation', entity_id => invitation.id
  );
  return token;
end
$$;
comment on function app_public.hand_over_invitation(uuid) is
  'Makes a token of an open invitation to pass on by hand; the one before stops working. Errors: CQ101 not signed in, CQ110 not with an API key, CQ113 personal, CQ114 not allowed, CQ204 no such invitation.';
grant execute on function app_public.hand_over_invitation(uuid) to colloquy_user, colloquy_admin;
