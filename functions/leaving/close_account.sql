-- Nothing is a way into an account that is being erased, and its row names nobody any more.
create or replace function app_private.close_account(person uuid)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  delete from app_private.user_sessions s where s.user_id = person;
  delete from app_private.user_identities i where i.user_id = person;
  delete from app_private.user_secrets s where s.user_id = person;
  delete from app_private.second_factors f where f.user_id = person;
  delete from app_private.passkeys p where p.user_id = person;
  delete from app_private.recovery_codes c where c.user_id = person;
  delete from app_private.sign_in_challenges c where c.user_id = person;
  delete from app_private.mail_tokens t where t.user_id = person;
  delete from app_public.api_keys k where k.owner_id = person;
  perform app_private.end_grants(person);
  update app_public.users u
  set email = format('erased-%s@erased.invalid', encode(gen_random_bytes(12), 'hex')), username = null, first_name = null, last_name = null,
    display_name = null, avatar_url = null, role = 'user', is_active = false, is_email_verified = false
  where u.id = person;
end
$$;
comment on function app_private.close_account(uuid) is 'Ends every way into an account and takes the address and the names off its row.';
