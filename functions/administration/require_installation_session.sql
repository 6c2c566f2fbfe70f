-- The first line of the functions that change accounts: an administrator in a session that was proved of late, or the
-- owner's login. A key or a session that leaked must not be able to make itself another way in.
create or replace function app_private.require_installation_session()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_administrator(for_writing => true);
  if app_hidden.current_user_id() is not null then
    perform app_hidden.require_session();
    perform app_private.require_recent_proof();
  end if;
end
$$;
comment on function app_private.require_installation_session() is
  'Raises CQ101 when nobody is signed in, CQ110 for an API key, CQ121 for anyone who does not administer the installation, CQ142 without a recent proof.';
