-- Turns a bearer token into what a request may be. Called by the API server as colloquy_authenticator, before the
-- transaction of the request; its answer is all that ever reaches the claims.
-- No row: the token is unknown, expired, or its account is switched off. CQ107: not a member of the workspace asked for.
create or replace function app_hidden.authenticate(token text, workspace_id uuid default null)
returns table (user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  session record;
  member record;
begin
  if token !~ '^cqs_[0-9a-f]{64}$' then
    return;
  end if;

  select s.id, s.user_id, s.last_active_at, u.role into session
  from app_private.user_sessions s
  join app_public.users u on u.id = s.user_id
  where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.expires_at > now() and u.is_active;
  if session.id is null then
    return;
  end if;

  select m.workspace_id, m.role into member
  from app_public.workspace_members m
  join app_public.workspaces w on w.id = m.workspace_id
  where m.user_id = session.user_id
    and (authenticate.workspace_id is null or m.workspace_id = authenticate.workspace_id)
  order by w.is_personal desc, m.joined_at, m.workspace_id
  limit 1;
  if member.workspace_id is null and authenticate.workspace_id is not null then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, or leave the header out.';
  end if;

  -- to the minute, so that reading costs no write
  if session.last_active_at < now() - interval '1 minute' then
    update app_private.user_sessions s set last_active_at = now() where s.id = session.id;
  end if;

  return query select session.user_id, session.id, member.workspace_id, member.role,
    case session.role when 'admin' then 'colloquy_admin' else 'colloquy_user' end;
end
$$;
comment on function app_hidden.authenticate(text, uuid) is 'User, session, workspace and roles of a session token; no row when it is not valid.';
grant execute on function app_hidden.authenticate(text, uuid) to colloquy_authenticator;
