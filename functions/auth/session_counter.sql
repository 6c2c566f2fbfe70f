-- Guesses in a session make this session wait and no other: whoever found an open one must not lock the door.
create or replace function app_private.session_counter()
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array['session:' || app_private.counter_key(coalesce(app_hidden.current_session_id(), app_hidden.current_user_id())::text)];
$$;
comment on function app_private.session_counter() is 'The counter of wrong passwords and codes of this session.';
