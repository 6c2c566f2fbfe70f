-- The passkey that has signed a challenge of this session, or of this visitor. A counter that does not grow is that of a copy: refused, as is a
-- passkey that was removed since. The caller says whose it has to be.
create or replace function app_private.use_passkey(passkey jsonb)
returns app_private.passkeys
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  signed app_private.passkey_challenges := app_private.take_passkey_challenge(passkey);
  result app_private.passkeys;
begin
  update app_private.passkeys p set counter = signed.counter, last_used_at = now()
  where p.credential_id = signed.credential_id and signed.public_key is null
    and (signed.counter > p.counter or (signed.counter = 0 and p.counter = 0))
  returning p.* into result;
  if result.id is null then
    raise exception 'This passkey is not accepted.' using errcode = 'CQ148', hint = 'Use another one, or another way to sign in.';
  end if;
  return result;
end
$$;
comment on function app_private.use_passkey(jsonb) is 'The passkey that has signed a challenge, which is used up. Raises CQ144, CQ148.';
