-- Who may read a person's archive: the person, in a session, and whoever has the database.
create or replace function app_private.require_export(of_person uuid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('role') in ('none', 'colloquy_owner') and app_hidden.current_user_id() is null then
    return;
  end if;
  perform app_hidden.require_session();
  if of_person is distinct from app_hidden.current_user_id() then
    raise exception 'There is no such account.' using errcode = 'CQ204', hint = 'An archive is made for oneself.';
  end if;
end
$$;
comment on function app_private.require_export(uuid) is 'Raises CQ101 when nobody is signed in, CQ110 for an API key, CQ204 for somebody else.';
