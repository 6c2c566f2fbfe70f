-- Ends the session of this request: its token stops working at once. Security definer: user_sessions is closed.
create or replace function app_public.sign_out()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ended boolean;
begin
  delete from app_private.user_sessions
  where id = app_hidden.current_session_id() and user_id = app_hidden.current_user_id();
  ended := found;
  if ended then
    perform app_private.log_event('user.signed_out', app_hidden.current_user_id());
  end if;
  return ended;
end
$$;
comment on function app_public.sign_out() is 'Ends this session. True when there was one.';
grant execute on function app_public.sign_out() to colloquy_visitor, colloquy_user, colloquy_admin;
