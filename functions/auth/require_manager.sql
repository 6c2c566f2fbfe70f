-- The first line of every security definer function that only owners and administrators of a workspace may use.
create or replace function app_private.require_manager()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if not app_hidden.can_manage() then
    raise exception 'Only an owner or administrator of the workspace may do this.' using errcode = 'CQ114', hint = 'Ask one of them.';
  end if;
end
$$;
comment on function app_private.require_manager() is 'Raises CQ101 when nobody is signed in, CQ109 for a viewer, CQ114 for anyone who does not manage the workspace.';
