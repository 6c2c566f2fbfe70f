-- Ends one of the caller's own sessions. Security definer: user_sessions is closed. Not for an API key, which could end the
-- sessions of whoever wants to revoke it.
create or replace function app_public.revoke_session(id uuid)
returns app_public.active_session
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.active_session;
begin
  perform app_hidden.require_session();
  delete from app_private.user_sessions s
  where s.id = revoke_session.id and s.user_id = app_hidden.current_user_id()
  returning s.id, s.created_at, s.last_active_at, s.expires_at, s.ip, s.user_agent, s.id is not distinct from app_hidden.current_session_id(),
    app_private.client_label(s.user_agent)
  into result;
  if result.id is null then
    raise exception 'There is no such session.' using errcode = 'CQ204', hint = 'List your sessions with mySessions.';
  end if;
  perform app_private.log_event('user.session_revoked', app_hidden.current_user_id(), entity_type => 'session', entity_id => result.id);
  return result;
end
$$;
comment on function app_public.revoke_session(uuid) is 'Ends a session of the caller: its token stops working at once. Errors: CQ101 not signed in, CQ110 not with an API key, CQ204 no such session.';
grant execute on function app_public.revoke_session(uuid) to colloquy_user, colloquy_admin;
