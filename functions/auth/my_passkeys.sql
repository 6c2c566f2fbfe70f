-- The caller's own passkeys. Security definer: the table is closed.
create or replace function app_public.my_passkeys()
returns setof app_public.passkey
language plpgsql
stable
security definer
rows 5
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_session();
  return query
  select p.id, p.name, p.created_at, p.last_used_at, p.needs_password
  from app_private.passkeys p where p.user_id = app_hidden.current_user_id() order by p.id desc;
end
$$;
comment on function app_public.my_passkeys() is 'The passkeys of the caller, newest first. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.my_passkeys() to colloquy_user, colloquy_admin;
