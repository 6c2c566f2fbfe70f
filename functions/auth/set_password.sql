-- The one place that gives an account a new password. What could act for it by the old one ends: tokens in mails, sign-ins
-- that wait for a code, and places that count as known. The caller ends sessions and says who may.
create or replace function app_private.set_password(for_user uuid, password text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  account app_public.users;
begin
  select u.* into account from app_public.users u where u.id = for_user;
  perform app_private.require_good_password(
    password, account.email::text, account.username::text, account.display_name, account.first_name, account.last_name
  );
  update app_private.user_secrets s set password_hash = app_private.hash_password(set_password.password) where s.user_id = for_user;
  delete from app_private.mail_tokens t where t.user_id = for_user and t.kind in ('reset', 'address');
  delete from app_private.sign_in_challenges c where c.user_id = for_user;
  perform app_private.forget_places(for_user);
end
$$;
comment on function app_private.set_password(uuid, text) is 'Sets a password that is good enough, and ends tokens in mails for another one. Raises CQ105, CQ130.';
