-- Ends the session of this request: its token stops working at once. The tokens of an identity provider cannot be taken back, so
-- those issued until now are refused. Security definer: both tables are closed.
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
  update app_private.user_identities i
  set not_before = clock_timestamp()
  where i.id = app_hidden.current_identity_id() and i.user_id = app_hidden.current_user_id();
  ended := ended or found;
  if ended then
    perform app_private.log_event('user.signed_out', app_hidden.current_user_id());
  end if;
  return ended;
end
$$;
comment on function app_public.sign_out() is 'Ends this session, or, for a token of an identity provider, what all its tokens issued until now may do. True when there was one.';
grant execute on function app_public.sign_out() to colloquy_visitor, colloquy_user, colloquy_admin;
