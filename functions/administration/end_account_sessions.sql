-- Signs somebody out everywhere. The person may sign in again: to keep an account shut, it is switched off. Security definer:
-- user_sessions is closed.
create or replace function app_public.end_account_sessions(account_id uuid)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users;
  ended integer;
begin
  perform app_private.require_installation_session();
  account := app_private.account_by_id(account_id);
  delete from app_private.user_sessions s where s.user_id = account.id;
  get diagnostics ended = row_count;
  perform app_private.log_event(
    'account.sessions_ended', app_hidden.current_user_id(), entity_type => 'account', entity_id => account.id,
    new_values => jsonb_build_object('count', ended)
  );
  return ended;
end
$$;
comment on function app_public.end_account_sessions(uuid) is
  'Ends every session of an account. Returns how many. Errors: CQ101 not signed in, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ204 no such account.';
grant execute on function app_public.end_account_sessions(uuid) to colloquy_admin;
