-- A key acts as its owner in one workspace, within its scopes. The secret leaves the database once, here; what stays is its
-- hash. Never with a key: one that leaked must not make others.
create or replace function app_public.create_api_key(name text, scopes text[] default array['read'], expires_at timestamptz default null)
returns app_public.new_api_key
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  most constant integer := 100;
  me uuid := app_hidden.current_user_id();
  workspace uuid := app_hidden.current_workspace_id();
  wanted text[];
  created app_public.api_keys;
  new_prefix text := 'cqk_' || encode(gen_random_bytes(4), 'hex');
  result app_public.new_api_key;
begin
  perform app_hidden.require_session();
  perform app_private.require_recent_proof();
  if create_api_key.name is null or char_length(trim(create_api_key.name)) not between 1 and 100 then
    raise exception 'A key has a name of 1 to 100 characters.' using errcode = 'CQ200', column = 'name', hint = 'Say what it is for.';
  end if;
  if scopes is null or cardinality(scopes) not between 1 and 100 or not scopes <@ array['read', 'write', 'search', 'share', 'meter', 'admin'] then
    raise exception 'These scopes cannot be used.' using errcode = 'CQ200', column = 'scopes', hint = 'Name some of read, write, search, share, meter, admin.';
  end if;
  -- locked, so that the count is right; gone when somebody has just removed the caller
  perform from app_public.workspace_members m where m.workspace_id = workspace and m.user_id = me for no key update;
  if not found then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, and name one in X-Workspace-Id.';
  end if;
  if (select count(*) from app_public.api_keys k where k.workspace_id = workspace and k.owner_id = me and k.is_active) >= most then
    raise exception 'You have % keys in this workspace.', most using errcode = 'CQ118', hint = 'Revoke some.';
  end if;

  -- what may do more than search may read
  select array_agg(distinct s.scope order by s.scope) into wanted
  from unnest(scopes || case when scopes && array['write', 'share', 'meter', 'admin'] then array['read'] else '{}'::text[] end) as s (scope);
  result.secret := new_prefix || '_' || encode(gen_random_bytes(32), 'hex');
  insert into app_public.api_keys (workspace_id, owner_id, name, prefix, scopes, expires_at)
  values (workspace, me, trim(create_api_key.name), new_prefix, wanted, app_private.key_expiry(workspace, create_api_key.expires_at))
  returning * into created;
  insert into app_private.api_key_secrets (api_key_id, token_hash, identity_id)
  values (created.id, sha256(convert_to(result.secret, 'UTF8')), app_hidden.current_identity_id());
  perform app_private.send_notice(me, 'api_key_made', created.name || ' (' || created.prefix || ')');
  result.api_key_id := created.id;
  result.name := created.name;
  result.prefix := created.prefix;
  result.scopes := created.scopes;
  result.expires_at := created.expires_at;
  return result;
end
$$;
comment on function app_public.create_api_key(text, text[], timestamptz) is
  'Makes a key for the workspace of the request, and shows its secret this once. Scopes: read, write, search, share, meter, admin. Without expiresAt it lives as long as the workspace allows. Errors: CQ101 not signed in, CQ110 not with an API key, CQ118 too many, CQ123 it would live too long, CQ142 prove who you are first, CQ200 not acceptable.';
grant execute on function app_public.create_api_key(text, text[], timestamptz) to colloquy_user, colloquy_admin;
