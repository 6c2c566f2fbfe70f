-- Asks somebody to join. The token goes to the address and is not returned here: hand_over_invitation makes one to pass on by hand.
create or replace function app_public.invite_member(email text, role app_public.member_role default 'member')
returns app_public.workspace_invitations
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  most constant integer := 200;
  caller app_public.workspace_members;
  result app_public.workspace_invitations;
  address citext := trim(invite_member.email)::citext;
begin
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, invite_member.role);
  if invite_member.role is null or invite_member.role = 'owner' then
    raise exception 'Nobody is invited as an owner.' using errcode = 'CQ200', column = 'role', hint = 'Invite as an admin, then transferOwnership or changeMemberRole.';
  end if;
  if exists (
    select from app_public.workspace_members m
    join app_public.users u on u.id = m.user_id
    where m.workspace_id = caller.workspace_id and u.email = address
  ) then
    raise exception 'This person is a member already.' using errcode = 'CQ115', hint = 'Change the role with changeMemberRole.';
  end if;
  if (
    select count(*) from app_public.workspace_invitations i
    where i.workspace_id = caller.workspace_id and i.accepted_at is null and i.expires_at > now()
  ) >= most then
    raise exception 'There are % open invitations.', most using errcode = 'CQ118', hint = 'Revoke some.';
  end if;

  insert into app_public.workspace_invitations as i (workspace_id, email, role, invited_by, expires_at, api_key_id)
  values (
    caller.workspace_id, address, invite_member.role, caller.user_id,
    clock_timestamp() + make_interval(days => app_hidden.setting('invitation_days')::integer),
    nullif(current_setting('colloquy.api_key_id', true), '')::uuid
  )
  on conflict (workspace_id, email) where accepted_at is null
  do update set role = excluded.role, invited_by = excluded.invited_by, expires_at = excluded.expires_at, api_key_id = excluded.api_key_id
  returning i.* into result;
  return app_private.mail_invitation(result, caller);
end
$$;
comment on function app_public.invite_member(text, app_public.member_role) is
  'Invites an address to the workspace of the request, or again, by mail. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not allowed to give this role, CQ115 a member already, CQ118 too many, CQ150 and CQ151 too many mails today, CQ200 not acceptable.';
grant execute on function app_public.invite_member(text, app_public.member_role) to colloquy_user, colloquy_admin;
