-- The caller's own sessions, seen without their tokens. Security definer: user_sessions is closed. An API key sees none, since
-- it could end the sessions of whoever wants to revoke it.
create or replace function app_public.my_sessions()
returns setof app_public.active_session
language plpgsql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
  idle interval := make_interval(days => app_hidden.setting('session_idle_days')::integer);
begin
  perform app_hidden.require_session();
  return query
  select
    s.id, s.created_at, s.last_active_at, least(s.expires_at, s.last_active_at + idle), s.ip, s.user_agent,
    s.id is not distinct from app_hidden.current_session_id(), app_private.client_label(s.user_agent)
  from app_private.user_sessions s
  where s.user_id = app_hidden.current_user_id() and s.expires_at > now() and s.last_active_at > now() - idle
  order by s.id desc;
end
$$;
comment on function app_public.my_sessions() is 'Where the caller is signed in, newest first. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.my_sessions() to colloquy_user, colloquy_admin;
