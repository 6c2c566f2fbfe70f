-- Ends all of the caller's own sessions but this one. Security definer: user_sessions is closed. Not for an API key, which
-- could end the sessions of whoever wants to revoke it.
create or replace function app_public.revoke_other_sessions()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ended integer;
begin
  perform app_hidden.require_session();
  delete from app_private.user_sessions s
  where s.user_id = app_hidden.current_user_id() and s.id is distinct from app_hidden.current_session_id();
  get diagnostics ended = row_count;
  if ended > 0 then
    perform app_private.log_event('user.sessions_revoked', app_hidden.current_user_id(), new_values => jsonb_build_object('count', ended));
  end if;
  return ended;
end
$$;
comment on function app_public.revoke_other_sessions() is 'Ends every session of the caller but this one. Returns how many. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.revoke_other_sessions() to colloquy_user, colloquy_admin;
