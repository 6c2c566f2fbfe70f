-- Calls one of the caller's own passkeys otherwise. Security definer: the table is closed.
create or replace function app_public.rename_passkey(id uuid, name text)
returns app_public.passkey
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.passkey;
begin
  perform app_hidden.require_session();
  perform app_private.require_passkey_name(name);
  update app_private.passkeys p set name = trim(rename_passkey.name)
  where p.id = rename_passkey.id and p.user_id = app_hidden.current_user_id()
  returning p.id, p.name, p.created_at, p.last_used_at, p.needs_password into result;
  if result.id is null then
    raise exception 'There is no such passkey.' using errcode = 'CQ204', hint = 'List your passkeys with myPasskeys.';
  end if;
  return result;
end
$$;
comment on function app_public.rename_passkey(uuid, text) is
  'Gives a passkey of the caller another name. Errors: CQ101 not signed in, CQ110 not with an API key, CQ200 the name, CQ204 no such passkey.';
grant execute on function app_public.rename_passkey(uuid, text) to colloquy_user, colloquy_admin;
