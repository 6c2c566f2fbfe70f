-- The token leaves the database once, here; what stays is its hash. An account has so many sessions at most: a further one
-- ends the one that was idle longest.
create or replace function app_private.create_session(for_user uuid)
returns app_public.authentication
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqs_' || encode(gen_random_bytes(32), 'hex');
  result app_public.authentication;
begin
  delete from app_private.user_sessions s
  where s.user_id = for_user and s.id in (
    select e.id from app_private.user_sessions e where e.user_id = for_user
    order by e.last_active_at desc, e.id desc offset greatest(app_hidden.setting('sessions_per_account')::integer - 1, 0)
  );
  insert into app_private.user_sessions (user_id, token_hash, expires_at, ip, user_agent)
  values (
    for_user,
    sha256(convert_to(token, 'UTF8')),
    now() + make_interval(days => app_hidden.setting('session_days')::integer),
    nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.user_agent', true), ''), 1000)
  )
  returning expires_at into result.expires_at;
  perform app_private.note_place(for_user);

  select m.workspace_id into result.workspace_id
  from app_public.workspace_members m
  join app_public.workspaces w on w.id = m.workspace_id
  where m.user_id = for_user
  order by w.is_personal desc, m.joined_at, m.workspace_id
  limit 1;

  result.token := token;
  result.user_id := for_user;
  return result;
end
$$;
comment on function app_private.create_session(uuid) is 'Starts a session for a user who has proved who it is, and returns the token.';
