-- Whether who invited could do so now: a member of the workspace who manages it and may give that role, whose account is on, and
-- whose key, if it was a key, works. An invitation is never more than its inviter.
create or replace function app_private.may_invite(invitation app_public.workspace_invitations)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
    from app_public.workspace_members m
    join app_public.users u on u.id = m.user_id and u.is_active
    where m.workspace_id = invitation.workspace_id and m.user_id = invitation.invited_by
      and (m.role = 'owner' or m.role = 'admin' and invitation.role in ('member', 'viewer'))
  ) and (invitation.api_key_id is null or app_private.is_key_alive(invitation.api_key_id));
$$;
comment on function app_private.may_invite(app_public.workspace_invitations) is 'Whether who made an invitation may still invite to that role.';
