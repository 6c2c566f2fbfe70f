-- The first line of what makes something readable without an account. A scope of its own: a program that writes need not be able
-- to publish.
create or replace function app_private.require_sharer()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  if not app_hidden.has_scope('share') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "share", or sign in.';
  end if;
  if coalesce(nullif(current_setting('colloquy.member_role', true), ''), 'viewer') = 'viewer' then
    raise exception 'You may only read in this workspace.' using errcode = 'CQ109', hint = 'Ask an owner of the workspace for the role "member".';
  end if;
end
$$;
comment on function app_private.require_sharer() is 'Raises CQ101 when nobody is signed in, CQ109 for a viewer, CQ110 for an API key without the scope "share".';
