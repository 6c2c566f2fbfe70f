-- Takes an invitation back that nobody has accepted: its token opens nothing any more.
create or replace function app_public.revoke_invitation(id uuid)
returns app_public.workspace_invitations
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  caller app_public.workspace_members;
  result app_public.workspace_invitations;
begin
  caller := app_private.lock_workspace();
  delete from app_public.workspace_invitations i
  where i.id = revoke_invitation.id and i.workspace_id = caller.workspace_id and i.accepted_at is null
  returning * into result;
  if result.id is null then
    raise exception 'There is no such open invitation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  perform app_private.give_up_invitation_mail(result.workspace_id, result.email::text);
  return result;
end
$$;
comment on function app_public.revoke_invitation(uuid) is
  'Takes an open invitation back. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not an owner or admin, CQ204 no such open invitation.';
grant execute on function app_public.revoke_invitation(uuid) to colloquy_user, colloquy_admin;
