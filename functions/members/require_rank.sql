-- Who may take and give which role: an owner any, an admin only those below its own.
create or replace function app_private.require_rank(caller app_public.workspace_members, concerned app_public.member_role)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if caller.role <> 'owner' and concerned in ('owner', 'admin') then
    raise exception 'Only an owner of the workspace may do this.' using errcode = 'CQ114', hint = 'An admin manages members and viewers.';
  end if;
end
$$;
comment on function app_private.require_rank(app_public.workspace_members, app_public.member_role) is 'Raises CQ114 when an admin wants to change owners or admins.';
