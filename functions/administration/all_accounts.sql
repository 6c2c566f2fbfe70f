-- The accounts of the installation, newest first, for its administrators. Rows of accounts alone: what hangs on them (documents,
-- conversations) is read under the policies of those tables, which show an administrator no more than anybody. Security definer: a
-- person sees only the own row.
create or replace function app_public.all_accounts(matching text default null)
returns setof app_public.users
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
rows 100
as $$
begin
  perform app_private.require_administrator();
  return query
  select u.*
  from app_public.users u
  where matching is null or position(lower(left(matching, 255)) in lower(concat_ws(' ', u.email, u.username, u.display_name))) > 0
  order by u.id desc;
end
$$;
comment on function app_public.all_accounts(text) is
  'The accounts of the installation, newest first; with matching, those whose address, user name or display name has it. For administrators. Errors: CQ101 not signed in, CQ121 not an administrator.';
grant execute on function app_public.all_accounts(text) to colloquy_admin;
