-- Trigger: links and open invitations end with the key that made them, whoever switched it off or took it away. Otherwise a key that
-- leaked would give access on after it was revoked.
create or replace function app_private.end_grants_of_key()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.conversation_shares s
  set revoked_at = clock_timestamp()
  where s.workspace_id = old.workspace_id and s.api_key_id = old.id and s.revoked_at is null;
  update app_public.workspace_invitations i
  set expires_at = clock_timestamp()
  where i.workspace_id = old.workspace_id and i.api_key_id = old.id and i.accepted_at is null and i.expires_at > clock_timestamp();
  return case when tg_op = 'DELETE' then old end;
end
$$;
comment on function app_private.end_grants_of_key() is 'Trigger: ends the links and open invitations that a key made when it is switched off or removed.';

create or replace trigger api_keys_20_end_grants
after update of is_active on app_public.api_keys
for each row when (old.is_active and not new.is_active) execute function app_private.end_grants_of_key();

-- before: afterwards they no longer name the key
create or replace trigger api_keys_20_end_grants_removed
before delete on app_public.api_keys
for each row execute function app_private.end_grants_of_key();
