-- The first line of the functions that change an account or who belongs where by one's own will: a key that leaked must not
-- be able to keep itself alive.
create or replace function app_hidden.require_session()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_hidden.is_api_key() then
    raise exception 'An API key may not do this.' using errcode = 'CQ110', hint = 'Sign in with e-mail address and password.';
  end if;
  perform app_hidden.require_member();
end
$$;
comment on function app_hidden.require_session() is 'Raises CQ101 when nobody is signed in, CQ110 for an API key.';
grant execute on function app_hidden.require_session() to colloquy_visitor, colloquy_user, colloquy_admin;
