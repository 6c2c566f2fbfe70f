-- The open invitations to the caller's own address, once it is verified: an address that was only claimed gets to know nothing.
-- Security definer: the table is for those who manage the workspace. Not with an API key, which belongs to one workspace.
create or replace function app_public.my_invitations()
returns setof app_public.my_invitation
language plpgsql
stable
security definer
rows 10
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  perform app_hidden.require_session();
  return query
  select i.id, w.name, i.role, coalesce(b.display_name, b.username), i.created_at, i.expires_at
  from app_public.users u
  join app_public.workspace_invitations i on i.email = u.email
  join app_public.workspaces w on w.id = i.workspace_id
  left join app_public.users b on b.id = i.invited_by
  where u.id = app_hidden.current_user_id() and u.is_email_verified and i.accepted_at is null and i.expires_at > now()
    and app_private.may_invite(i)
  order by i.id desc;
end
$$;
comment on function app_public.my_invitations() is
  'Open invitations to the caller''s verified address, newest first; none while it is not verified. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.my_invitations() to colloquy_user, colloquy_admin;
