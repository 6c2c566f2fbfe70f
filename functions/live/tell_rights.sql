-- Tells that somebody's rights may have changed, so that their subscriptions are looked at again before anything more is read for them.
-- It is rare, and always told. Argument: the column that names the account; a workspace is told as such.
create or replace function app_private.tell_rights()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.tell('rights ' || (to_jsonb(old) ->> tg_argv[0]));
  return null;
end
$$;
comment on function app_private.tell_rights() is 'Trigger: tells that the rights of an account, or in a workspace, may have changed.';

create or replace trigger user_sessions_70_tell_rights after delete on app_private.user_sessions
for each row execute function app_private.tell_rights('user_id');
create or replace trigger user_sessions_70_tell_rights_changed after update of expires_at, token_hash, user_id on app_private.user_sessions
for each row execute function app_private.tell_rights('user_id');

create or replace trigger api_keys_70_tell_rights after delete on app_public.api_keys
for each row execute function app_private.tell_rights('owner_id');
create or replace trigger api_keys_70_tell_rights_changed after update of is_active, scopes, expires_at, owner_id on app_public.api_keys
for each row execute function app_private.tell_rights('owner_id');

create or replace trigger workspace_members_70_tell_rights after update or delete on app_public.workspace_members
for each row execute function app_private.tell_rights('user_id');

create or replace trigger users_70_tell_rights after delete on app_public.users
for each row execute function app_private.tell_rights('id');
create or replace trigger users_70_tell_rights_changed after update of is_active, role on app_public.users
for each row when ((old.is_active, old.role) is distinct from (new.is_active, new.role))
execute function app_private.tell_rights('id');

create or replace trigger user_identities_70_tell_rights after delete on app_private.user_identities
for each row execute function app_private.tell_rights('user_id');
create or replace trigger user_identities_70_tell_rights_changed after update of not_before, user_id on app_private.user_identities
for each row execute function app_private.tell_rights('user_id');

create or replace trigger second_factors_70_tell_rights after delete on app_private.second_factors
for each row execute function app_private.tell_rights('user_id');

create or replace trigger passkeys_70_tell_rights after delete on app_private.passkeys
for each row execute function app_private.tell_rights('user_id');

create or replace trigger workspaces_70_tell_rights after delete on app_public.workspaces
for each row execute function app_private.tell_rights('id');
create or replace trigger workspaces_70_tell_rights_changed after update of frozen_at, longest_api_key_days on app_public.workspaces
for each row when ((old.frozen_at, old.longest_api_key_days) is distinct from (new.frozen_at, new.longest_api_key_days))
execute function app_private.tell_rights('id');
