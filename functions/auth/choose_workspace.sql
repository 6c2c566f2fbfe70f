-- The workspace that a request works in: the one asked for, or else the personal one. Never one that the user has left. In one that is
-- frozen, everybody only reads.
create or replace function app_private.choose_workspace(for_user uuid, wanted uuid)
returns app_public.workspace_members
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  member app_public.workspace_members;
begin
  select m.workspace_id, m.user_id, case when w.frozen_at is null then m.role else 'viewer' end, m.joined_at
  into member.workspace_id, member.user_id, member.role, member.joined_at
  from app_public.workspace_members m
  join app_public.workspaces w on w.id = m.workspace_id
  where m.user_id = for_user and (wanted is null or m.workspace_id = wanted)
  order by w.is_personal desc, m.joined_at, m.workspace_id
  limit 1;
  if member.workspace_id is null and wanted is not null then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, or leave the header out.';
  end if;
  return member;
end
$$;
comment on function app_private.choose_workspace(uuid, uuid) is
  'A user''s membership in the workspace asked for, or in the personal one; that of a viewer where it is frozen. Raises CQ107.';
