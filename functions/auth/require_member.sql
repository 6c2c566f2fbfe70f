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
    if exists (select from app_public.workspaces w where w.id = app_hidden.current_workspace_id() and w.frozen_at is not null) then
      raise exception 'This workspace moves to another installation: nobody writes in it.' using errcode = 'CQ790', hint = 'Ask the operator when and where it opens again.';
    end if;
    raise exception 'You may only read in this workspace.' using errcode = 'CQ109', hint = 'Ask an owner of the workspace for the role "member".';
  end if;
end
$$;
comment on function app_hidden.require_member(boolean) is 'Raises CQ101 when nobody is signed in, CQ109 when a viewer wants to write, CQ110 when an API key lacks the scope, CQ790 where nobody may write for now.';
grant execute on function app_hidden.require_member(boolean) to colloquy_visitor, colloquy_user, colloquy_admin;
