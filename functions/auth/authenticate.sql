-- Turns a bearer token into what a request may be, for who has the token itself and no log to fear. The API sends its hash.
create or replace function app_hidden.authenticate(token text, workspace_id uuid default null)
returns table (
  user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text, scopes text[],
  api_key_id uuid
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if token ~ '^(cqs|cqk_[0-9a-f]{8})_[0-9a-f]{64}$' then
    return query select a.* from app_hidden.authenticate_hash(
      sha256(convert_to(token, 'UTF8')), starts_with(token, 'cqk'), authenticate.workspace_id
    ) as a;
  end if;
end
$$;
comment on function app_hidden.authenticate(text, uuid) is 'User, session, workspace, roles and scopes of a session token or API key; no row when it is not valid.';
grant execute on function app_hidden.authenticate(text, uuid) to colloquy_authenticator;
