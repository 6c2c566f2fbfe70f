-- Whether the caller is an owner or administrator of the workspace of this request, as the server has found out.
create or replace function app_hidden.can_manage()
returns boolean
language sql
stable
parallel safe
return coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin'), false);
comment on function app_hidden.can_manage() is 'Whether the caller is an owner or administrator of the workspace of this request.';
grant execute on function app_hidden.can_manage() to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_private.require_manager()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if not app_hidden.can_manage() then
    raise exception 'Only an owner or administrator of the workspace may do this.' using errcode = 'CQ246', hint = 'Ask one of them.';
  end if;
end
$$;
comment on function app_private.require_manager() is 'Raises CQ101 when nobody is signed in, CQ109 for a viewer, CQ246 for anyone who does not manage the workspace.';
