-- The first line of every security definer function that works for a signed-in member.
create or replace function app_hidden.require_member(for_writing boolean default false)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not app_hidden.has_scope('read') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "read", or sign in.';
  end if;
  if app_hidden.current_user_id() is null or app_hidden.current_workspace_id() is null then
    raise exception 'You are not signed in.' using errcode = 'CQ101', hint = 'Call signIn or register, then send the token as "Authorization: Bearer …".';
  end if;
  if for_writing and not app_hidden.has_scope('write') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "write", or sign in.';
  end if;
  if for_writing and not app_hidden.can_write() then
    raise exception 'You may only read in this workspace.' using errcode = 'CQ109', hint = 'Ask an owner of the workspace for the role "member".';
  end if;
end
$$;
comment on function app_hidden.require_member(boolean) is 'Raises CQ101 when nobody is signed in, CQ109 when a viewer wants to write, CQ110 when an API key lacks the scope.';
grant execute on function app_hidden.require_member(boolean) to colloquy_visitor, colloquy_user, colloquy_admin;
