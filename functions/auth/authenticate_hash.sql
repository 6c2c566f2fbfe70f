-- Turns the hash of a bearer token into what a request may be: what is sent to a server, its log may show, and a hash opens nothing. Called
-- by the API server as colloquy_authenticator, before the transaction of the request; its answer is all that ever reaches the claims.
-- No row: the token is unknown, expired, idle for too long or revoked, or its account is switched off; of a key also that it is
-- older than its workspace allows, or that its owner was not seen by the identity provider for long. CQ107: not a member of the workspace
-- asked for. CQ141: the account has no second factor, and must. An API key works in its own workspace only, and its id and scopes
-- come with the answer: who sets the claims must set them too (colloquy.api_key_id, colloquy.scopes). A session has none, and no
-- limits.
create or replace function app_hidden.authenticate_hash(token_hash bytea, is_key boolean, workspace_id uuid default null)
returns table (
  user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text, scopes text[],
  api_key_id uuid
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  session record;
  member app_public.workspace_members;
  key record;
begin
  if is_key then
    -- the membership is asked for, although a key goes with it: a key must not outlive it by any accident
    select k.id, k.owner_id, k.workspace_id, k.scopes, k.last_used_at, u.role,
      case when w.frozen_at is null then m.role else 'viewer' end as member_role
    into key
    from app_private.api_key_secrets s
    join app_public.api_keys k on k.id = s.api_key_id
    join app_public.users u on u.id = k.owner_id
    join app_public.workspace_members m on m.workspace_id = k.workspace_id and m.user_id = k.owner_id
    join app_public.workspaces w on w.id = k.workspace_id
    where s.token_hash = authenticate_hash.token_hash
      and app_private.is_key_alive(k.id);
    if key.id is null then
      return;
    end if;
    if authenticate_hash.workspace_id <> key.workspace_id then
      raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'An API key works in one workspace; leave the header out.';
    end if;
    if key.last_used_at is null or key.last_used_at < now() - interval '1 minute' then
      update app_public.api_keys k set last_used_at = now() where k.id = key.id;
    end if;
    return query select key.owner_id, null::uuid, key.workspace_id, key.member_role,
      case when key.role = 'admin' and 'admin' = any (key.scopes) then 'colloquy_admin' else 'colloquy_user' end, key.scopes, key.id;
    return;
  end if;

  select s.id, s.user_id, s.last_active_at, u.role into session
  from app_private.user_sessions s
  join app_public.users u on u.id = s.user_id
  where s.token_hash = authenticate_hash.token_hash and s.expires_at > now() and u.is_active
    and s.last_active_at > now() - make_interval(days => app_hidden.setting('session_idle_days')::integer);
  if session.id is null then
    return;
  end if;

  perform app_private.require_second_factor(session.user_id);
  member := app_private.choose_workspace(session.user_id, authenticate_hash.workspace_id);

  -- to the minute, so that reading costs no write
  if session.last_active_at < now() - interval '1 minute' then
    update app_private.user_sessions s set last_active_at = now() where s.id = session.id;
  end if;

  return query select session.user_id, session.id, member.workspace_id, member.role,
    case session.role when 'admin' then 'colloquy_admin' else 'colloquy_user' end, null::text[], null::uuid;
end
$$;
comment on function app_hidden.authenticate_hash(bytea, boolean, uuid) is
  'User, session, workspace, roles and scopes of a session token or API key whose SHA-256 this is; no row when it is not valid. Raises CQ107, CQ141.';
grant execute on function app_hidden.authenticate_hash(bytea, boolean, uuid) to colloquy_authenticator;
