-- The members of the workspace of the request by name. Security definer, since users shows everyone its own row only; it must
-- never return more of a person than name, handle and picture.
create or replace function app_public.workspace_member_names()
returns setof app_public.member_name
language plpgsql
stable
security definer
rows 20
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  return query
  select u.id, u.username::text, u.display_name, u.avatar_url, m.role, m.joined_at
  from app_public.workspace_members m
  join app_public.users u on u.id = m.user_id
  where m.workspace_id = app_hidden.current_workspace_id()
    -- the claims alone are not enough: somebody may have been removed since the request began
    and exists (
      select from app_public.workspace_members me
      where me.workspace_id = app_hidden.current_workspace_id() and me.user_id = app_hidden.current_user_id()
    )
  order by m.role, m.joined_at, u.id
  limit 1000;
end
$$;
comment on function app_public.workspace_member_names() is 'The members of the workspace of the request by name, owners first, at most 1,000. Errors: CQ101 not signed in, CQ110 API key without "read".';
grant execute on function app_public.workspace_member_names() to colloquy_user, colloquy_admin;
