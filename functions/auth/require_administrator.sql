-- The first line of every security definer function that concerns the whole installation. It is for its administrators, asked
-- anew at each call, and for whoever has the database itself: the owner's login, which needs no account. It must never let a
-- request role through that has no claims.
create or replace function app_private.require_administrator(for_writing boolean default false)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- "role" is what the session became with set role; a security definer function does not change it
  if current_setting('role') in ('none', 'colloquy_owner') and app_hidden.current_user_id() is null then
    return;
  end if;
  perform app_hidden.require_member(for_writing);
  if not app_hidden.has_scope('admin')
    or not exists (select from app_public.users u where u.id = app_hidden.current_user_id() and u.role = 'admin' and u.is_active)
  then
    raise exception 'Only an administrator of the installation may do this.' using errcode = 'CQ121', hint = 'Ask one of them.';
  end if;
end
$$;
comment on function app_private.require_administrator(boolean) is
  'Raises CQ101 when nobody is signed in, CQ110 when an API key lacks "write" for writing, CQ121 for anyone who does not administer the installation.';
