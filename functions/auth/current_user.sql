-- Quoted, because current_user is a reserved word; GraphQL shows it as currentUser.
create or replace function app_public."current_user"()
returns app_public.users
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select u from app_public.users u where u.id = app_hidden.current_user_id();
$$;
comment on function app_public."current_user"() is 'The signed-in user, or null.';
grant execute on function app_public."current_user"() to colloquy_visitor, colloquy_user, colloquy_admin;
