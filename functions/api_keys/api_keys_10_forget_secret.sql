-- Trigger: a key that is switched off has no secret any more, whoever switched it off.
create or replace function app_private.forget_api_key_secret()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_private.api_key_secrets s where s.api_key_id = new.id;
  return null;
end
$$;
comment on function app_private.forget_api_key_secret() is 'Trigger: removes the secret of a key that is switched off.';

create or replace trigger api_keys_10_forget_secret
after update of is_active on app_public.api_keys
for each row when (old.is_active and not new.is_active) execute function app_private.forget_api_key_secret();
